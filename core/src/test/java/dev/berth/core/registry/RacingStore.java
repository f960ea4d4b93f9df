package dev.berth.core.registry;

import dev.berth.core.storage.Commit;
import dev.berth.core.storage.Listing;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import dev.berth.core.storage.Watch;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A store in which something else happens just before a commit. */
class RacingStore implements ObjectStore {

  private final ObjectStore store;
  private @Nullable Runnable race;

  RacingStore(ObjectStore store) {
    this.store = store;
  }

  void beforeNextCommit(Runnable race) {
    this.race = race;
  }

  void beforeCommit() {
    var now = race;
    race = null;
    if (now != null) {
      now.run();
    }
  }

  @Override
  public CompletableFuture<Commit> commit(Transaction transaction) {
    beforeCommit();
    return store.commit(transaction);
  }

  @Override
  public long revision() {
    return store.revision();
  }

  @Override
  public Optional<StoredObject> get(ObjectKey key) {
    return store.get(key);
  }

  @Override
  public Listing list(Scope scope, long revision, @Nullable ObjectKey after, int limit) {
    return store.list(scope, revision, after, limit);
  }

  @Override
  public long count(Scope scope, long revision) {
    return store.count(scope, revision);
  }

  @Override
  public Watch watch(Scope scope, long revision) {
    return store.watch(scope, revision);
  }

  @Override
  public void close() {
    store.close();
  }
}
