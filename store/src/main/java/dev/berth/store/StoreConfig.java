package dev.berth.store;

import java.time.Duration;

/** The bounds of a store. What happens at each is told at the class that keeps it. */
public record StoreConfig(
    History history, Commits commits, Watches watches, Reads reads, Memory memory, Space space) {

  /**
   * How much history is kept: see {@link Compactor}.
   *
   * @param revisions most revisions
   * @param age beyond which history is not kept, even if it is short
   * @param interval how often history is looked at
   * @param step most revisions that are forgotten in one write
   */
  public record History(long revisions, Duration age, Duration interval, int step) {}

  /**
   * What waits and is written together: see {@link CommitLoop}.
   *
   * @param waiting most transactions that wait
   * @param waitingBytes most bytes of documents in them
   * @param group most transactions in one write
   * @param groupBytes bytes of documents after which a write takes no more transactions
   */
  public record Commits(int waiting, long waitingBytes, int group, long groupBytes) {}

  /**
   * What waits for one watcher: see {@link WatchHub}.
   *
   * @param changes most changes
   * @param bytes most bytes of documents in them
   */
  public record Watches(int changes, long bytes) {}

  /**
   * Reading for virtual threads: see {@link ReadPool}.
   *
   * @param threads that read
   * @param waiting most reads that wait for one of them
   */
  public record Reads(int threads, int waiting) {}

  /**
   * @param headCacheBytes newest documents that are kept in memory: see {@link HeadCache}
   * @param blockCacheBytes RocksDB's cache of what it has read
   * @param memtableBytes RocksDB's memory for objects that are not yet in a table; what else it
   *     needs is in proportion
   */
  public record Memory(long headCacheBytes, long blockCacheBytes, long memtableBytes) {}

  /**
   * @param minFreeBytes free space of the disk below which nothing is committed: see {@link
   *     SpaceGuard}
   * @param reserveBytes size of a file that is given up so that a store can be opened on a full
   *     disk, 0 for none: see {@link StoreDirectory}
   */
  public record Space(long minFreeBytes, long reserveBytes) {}

  private static final long MIB = 1 << 20;

  /** For a store of its own on a disk of at least some hundred megabytes. */
  public static StoreConfig defaults() {
    return new StoreConfig(
        new History(100_000, Duration.ofMinutes(15), Duration.ofSeconds(10), 1_000),
        new Commits(8_192, 16 * MIB, 512, MIB),
        new Watches(4_096, 4 * MIB),
        new Reads(4, 4_096),
        new Memory(8 * MIB, 8 * MIB, 4 * MIB),
        new Space(64 * MIB, 16 * MIB));
  }

  public StoreConfig withHistory(History history) {
    return new StoreConfig(history, commits, watches, reads, memory, space);
  }

  public StoreConfig withCommits(Commits commits) {
    return new StoreConfig(history, commits, watches, reads, memory, space);
  }

  public StoreConfig withWatches(Watches watches) {
    return new StoreConfig(history, commits, watches, reads, memory, space);
  }

  public StoreConfig withMemory(Memory memory) {
    return new StoreConfig(history, commits, watches, reads, memory, space);
  }

  public StoreConfig withSpace(Space space) {
    return new StoreConfig(history, commits, watches, reads, memory, space);
  }
}
