package dev.berth.core.control;

import dev.berth.core.model.Json;
import dev.berth.core.storage.Commit;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The right to decide. One object in the store is rewritten by whoever takes it, and every
 * transaction of a decider requires the version that it wrote: as soon as another one has taken
 * over, nothing that the first one still sends can be committed. A decider that does not know what
 * became of a transaction takes a new epoch itself: afterwards the old transaction is either to be
 * seen in the store, or will never be.
 */
final class Epoch {

  static final ObjectKey KEY = new ObjectKey("epochs.internal.berth.dev", "", "decider");

  /** How far the taking has come. */
  sealed interface Taking {}

  record Underway() implements Taking {}

  record Taken() implements Taking {}

  record TryLater(StoreException why) implements Taking {}

  record TakenByOther(String holder) implements Taking {}

  record Broken(Throwable why) implements Taking {}

  private final ObjectStore store;
  private final String holder;
  private final Runnable wake;
  private long revision;
  private @Nullable CompletableFuture<Commit> underway;

  /**
   * @param holder a name that no other decider ever uses
   * @param wake is run on the store's thread when {@link #poll} is worth a call
   */
  Epoch(ObjectStore store, String holder, Runnable wake) {
    this.store = store;
    this.holder = holder;
    this.wake = wake;
  }

  /** The revision of the epoch that is held, 0 before the first was taken. */
  long revision() {
    return revision;
  }

  /** What every transaction has to contain. */
  Transaction.Step check() {
    return new Transaction.Check(KEY, Expectation.at(revision));
  }

  /** Starts taking the epoch, or looks what became of it. */
  Taking poll() {
    try {
      return underway == null ? begin() : finish(underway);
    } catch (StoreException.Unavailable | StoreException.Conflict e) {
      underway = null;
      return new TryLater(e);
    } catch (StoreException e) {
      return new Broken(e);
    }
  }

  private Taking begin() {
    var present = store.get(KEY).orElse(null);
    var presentRevision = present == null ? 0 : present.revision();
    if (revision != 0 && presentRevision != revision) {
      var by = present == null ? "nobody" : text(present, "holder");
      if (!by.equals(holder)) {
        return new TakenByOther(by);
      }
    }
    var expected = present == null ? Expectation.absent() : Expectation.at(presentRevision);
    var put = new Transaction.Put(KEY, expected, document(present));
    underway = store.commit(Transaction.of(put));
    underway.whenComplete((commit, failure) -> wake.run());
    return finish(underway);
  }

  private Taking finish(CompletableFuture<Commit> commit) {
    if (!commit.isDone()) {
      return new Underway();
    }
    try {
      revision = commit.join().revisions()[0];
      underway = null;
      return new Taken();
    } catch (CompletionException e) {
      if (e.getCause() instanceof StoreException why) {
        throw why;
      }
      return new Broken(e);
    }
  }

  private byte[] document(@Nullable StoredObject present) {
    var tree = Json.object();
    tree.put("apiVersion", "internal.berth.dev/v1").put("kind", "Epoch");
    tree.putObject("metadata").put("name", KEY.name());
    tree.put("holder", holder).put("number", present == null ? 1 : number(present) + 1);
    return Json.write(tree);
  }

  private static String text(StoredObject object, String field) {
    return Json.parseObject(object.document()).path(field).asString("");
  }

  private static long number(StoredObject object) {
    return Json.parseObject(object.document()).path("number").asLong(0);
  }
}
