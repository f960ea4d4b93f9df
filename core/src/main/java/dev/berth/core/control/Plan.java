package dev.berth.core.control;

import dev.berth.core.model.ObjectReference;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * What a decision comes to.
 *
 * @param steps of one transaction, to which the loop adds its epoch; empty for none
 * @param notices for people: when the transaction is durable, or at once without one
 * @param next when to look at the key again
 */
public record Plan(List<Transaction.Step> steps, List<Notice> notices, Next next) {

  /** An event to record; see {@link dev.berth.core.registry.EventSink}. */
  public record Notice(ObjectReference involved, String type, String reason, String message) {}

  /** When to look again, apart from when the reconciler's own wake-ups say so. */
  public sealed interface Next {}

  /** When something changes. */
  public record Whenever() implements Next {}

  /** Not later than then. */
  public record At(Instant time) implements Next {}

  /** When the writes in flight of these objects are answered: the decision needs their outcome. */
  public record Settled(Set<ObjectKey> keys) implements Next {
    public Settled {
      keys = Set.copyOf(keys);
    }
  }

  /** When one of these has happened, for keys that too much would wake otherwise. */
  public record Relieved(Set<Relief> by) implements Next {
    public Relieved {
      by = Set.copyOf(by);
    }
  }

  /** Kinds of change that can help a pod that fits nowhere. */
  public enum Relief {
    /** A node came, or one got other labels, taints or conditions. */
    NODE,
    /** A node grew, or a pod gave back what it held. */
    ROOM,
    /** A pod that counted on a node went, or got other labels. */
    POD_GONE,
    /** A pod came to a node, or one there got other labels. */
    POD_CAME,
    /** A volume became free, or a class came. */
    VOLUME,
    /** A node reported what it can still make, or made or removed something. */
    SPACE,
    /** One of its own claims changed. */
    CLAIM
  }

  public static final Plan NOTHING = new Plan(List.of(), List.of(), new Whenever());

  public Plan {
    steps = List.copyOf(steps);
    notices = List.copyOf(notices);
  }

  public static Plan lookAt(Instant time) {
    return new Plan(List.of(), List.of(), new At(time));
  }

  public static Plan waitFor(ObjectKey... busy) {
    return new Plan(List.of(), List.of(), new Settled(Set.of(busy)));
  }
}
