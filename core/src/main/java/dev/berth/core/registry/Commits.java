package dev.berth.core.registry;

import dev.berth.core.storage.Commit;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction;
import java.util.concurrent.CompletionException;

/** Waits for the store. */
final class Commits {

  private Commits() {}

  /**
   * @throws StoreException when it was not committed
   */
  static Commit await(ObjectStore store, Transaction transaction) {
    try {
      return store.commit(transaction).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StoreException failure ? failure : e;
    }
  }
}
