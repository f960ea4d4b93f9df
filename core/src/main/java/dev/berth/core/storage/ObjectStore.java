package dev.berth.core.storage;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The versioned store of all objects. Every write has its own revision; revisions only grow, and
 * never name two writes, but some may be skipped when a store is opened. What is read has been made
 * durable before (except what was committed {@link Transaction.Durability#RELAXED}). Reads may be
 * made from any thread, virtual ones too.
 *
 * <p>History is kept from some revision on, the oldest one: at it and at every later one can be
 * listed, and changes after it can be watched.
 *
 * <p>Failures are {@link StoreException}s.
 */
public interface ObjectStore extends AutoCloseable {

  /** The newest revision that can be read; 0 for a store that never held anything. */
  long revision();

  /** The newest version of the object, if there is one. */
  Optional<StoredObject> get(ObjectKey key);

  /**
   * Reads a page of the objects in {@code scope}.
   *
   * @param revision at which to read, 0 for the newest
   * @param after the {@link Listing#next} of the page before, null for the first page
   * @param limit most objects in the page, 0 for no limit
   * @throws StoreException.Compacted when {@code revision} is no longer kept
   * @throws StoreException.FutureRevision when it does not exist yet
   */
  Listing list(Scope scope, long revision, @Nullable ObjectKey after, int limit);

  /**
   * How many objects are in {@code scope} at {@code revision} (0 for the newest). As costly as
   * listing their keys.
   */
  long count(Scope scope, long revision);

  /**
   * Hands a transaction to the committer. Completes when it is durable and visible to reads, with
   * {@link StoreException.Conflict} when an expectation does not hold, {@link
   * StoreException.Unavailable} when writing is impossible at the moment, or {@link
   * StoreException.Broken}. After {@code Conflict} and {@code Unavailable} nothing was applied;
   * after {@code Broken}, or when the process dies first, it may have been. Transactions of one
   * caller are applied in the order of the calls. The completion runs on the store's thread:
   * dependents must only hand over.
   */
  CompletableFuture<Commit> commit(Transaction transaction);

  /**
   * Follows the changes in {@code scope} after {@code revision}, which may lie in the past as far
   * as history is kept, also inside a transaction.
   *
   * @throws StoreException.Compacted when changes after {@code revision} are no longer all kept
   * @throws StoreException.FutureRevision when {@code revision} does not exist yet
   */
  Watch watch(Scope scope, long revision);

  /**
   * Ends all watches (as closed), finishes what was handed in, and releases the store. Idempotent.
   */
  @Override
  void close();
}
