package dev.berth.store;

import java.io.IOException;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What {@link StoreRecovery} found and opened.
 *
 * @param directory held by this process
 * @param horizon where the store begins and ends
 * @param ceiling for the committer
 * @param acknowledged for the committer
 */
record OpenedStore(
    StoreDirectory directory,
    Database database,
    Horizon horizon,
    RelaxedCeiling ceiling,
    Acknowledged acknowledged)
    implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OpenedStore.class);

  /**
   * Makes everything durable that was committed, relaxed commits too, so that no revision will have
   * to be skipped. Nobody commits any more.
   */
  void settle() {
    if (!ceiling.isInUse()) {
      return;
    }
    try (var batch = new WriteBatch()) {
      database.putNumber(batch, Database.CEILING, 0);
      database.write(batch, true);
      acknowledged.write(horizon.newest());
    } catch (RocksDBException e) {
      log.warn("the store in {} was not closed in order", directory.path(), e);
    }
  }

  /** Nobody uses the database any more. */
  @Override
  public void close() {
    try (directory;
        database;
        acknowledged) {
      log.debug("closing the store in {} at revision {}", directory.path(), horizon.newest());
    } catch (IOException e) {
      log.warn("the store in {} was not closed in order", directory.path(), e);
    }
  }
}
