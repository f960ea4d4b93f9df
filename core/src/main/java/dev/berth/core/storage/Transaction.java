package dev.berth.core.storage;

import java.util.HashSet;
import java.util.List;

/**
 * Writes that happen together or not at all. Every expectation is checked against the newest state,
 * the transactions committed before in the same group included, before the first write is applied.
 *
 * @param steps at most one for each key; in the order in which a watcher sees them
 * @param durability what its answer promises
 */
public record Transaction(List<Step> steps, Durability durability) {

  /** So that a revision can name the transaction and the place in it, with room to spare. */
  public static final int MAX_WRITES = 64;

  /** What the completion of a commit promises. */
  public enum Durability {
    /** On stable storage: survives a power cut. */
    SYNCED,
    /** Will be on stable storage with the next synced commit: for heartbeats, which repeat. */
    RELAXED
  }

  /** One object's part in a transaction. */
  public sealed interface Step {
    ObjectKey key();

    Expectation expected();
  }

  /** Creates the object or replaces it with {@code document} (see {@link StoredObject}). */
  public record Put(ObjectKey key, Expectation expected, byte[] document) implements Step {}

  /** Removes the object; without one there is nothing to remove, and no revision is used. */
  public record Delete(ObjectKey key, Expectation expected) implements Step {}

  /** Requires something of an object that is not written. */
  public record Check(ObjectKey key, Expectation expected) implements Step {}

  public Transaction {
    steps = List.copyOf(steps);
    var keys = new HashSet<ObjectKey>();
    var writes = 0;
    for (var step : steps) {
      if (!keys.add(step.key())) {
        throw new IllegalArgumentException(step.key() + " occurs twice in one transaction");
      }
      if (!(step instanceof Check)) {
        writes++;
      }
    }
    if (writes > MAX_WRITES) {
      throw new IllegalArgumentException(
          writes + " writes in one transaction; at most " + MAX_WRITES + " are allowed");
    }
  }

  public static Transaction of(Step... steps) {
    return new Transaction(List.of(steps), Durability.SYNCED);
  }

  public static Transaction of(List<Step> steps) {
    return new Transaction(steps, Durability.SYNCED);
  }
}
