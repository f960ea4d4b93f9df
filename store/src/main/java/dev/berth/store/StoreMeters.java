package dev.berth.store;

import dev.berth.core.observe.Meters;
import dev.berth.core.storage.StoreException;
import org.jspecify.annotations.Nullable;

/** What the store counts and times. */
final class StoreMeters {
  private final Meters.Counter commits;
  private final Meters.Counter groups;
  private final Meters.Timer commitTime;
  private final Meters.Timer syncTime;
  private final Meters.Counter endedWatches;
  private final Meters.Counter compactedRevisions;
  private final Meters.Timer compactionTime;
  private volatile long sizeBytes;

  StoreMeters(Meters meters) {
    commits =
        meters.counter(
            "berth_store_commits", "Transactions handed in, by what became of them.", "outcome");
    groups =
        meters.counter(
            "berth_store_groups",
            "Groups of transactions written together; their mean size is commits by groups.");
    commitTime =
        meters.timer(
            "berth_store_commit_seconds",
            "From handing in the oldest transaction of a group to the group's answer.");
    syncTime =
        meters.timer(
            "berth_store_sync_seconds", "Writing a group and syncing the write-ahead log.");
    endedWatches =
        meters.counter("berth_store_watches_ended", "Watches that ended, by reason.", "reason");
    compactedRevisions =
        meters.counter("berth_store_compacted_revisions", "Revisions of history forgotten.");
    compactionTime =
        meters.timer("berth_store_compaction_step_seconds", "One step of forgetting history.");
    meters.gauge(
        "berth_store_size_bytes", "Size of the database, looked at now and then.", () -> sizeBytes);
  }

  /** Registers what is read from the running store at each scrape. */
  static void gauges(
      Meters meters, Horizon horizon, HeadCache cache, WatchHub watches, CommitLoop commits) {
    meters.gauge("berth_store_revision", "The newest revision.", horizon::newest);
    meters.gauge(
        "berth_store_compacted_revision",
        "The oldest revision that can still be read.",
        horizon::compacted);
    meters.gauge("berth_store_head_cache_objects", "Objects in the cache of heads.", cache::size);
    meters.gauge("berth_store_watchers", "Open watches.", watches::watchers);
    meters.gauge(
        "berth_store_waiting_commits",
        "Transactions that wait for the committer.",
        commits::waiting);
  }

  void committed(CommitGroup group, long since, long now) {
    groups.add(1);
    commits.add(group.size() - group.conflicts(), "committed");
    if (group.conflicts() > 0) {
      commits.add(group.conflicts(), "conflict");
    }
    commitTime.record(now - since);
  }

  void failed(int transactions, StoreException why) {
    var outcome =
        switch (why) {
          case StoreException.Conflict conflict -> "conflict";
          case StoreException.Unavailable unavailable -> "unavailable";
          case StoreException.Broken broken -> "broken";
          case StoreException.Compacted compacted -> "compacted";
          case StoreException.FutureRevision future -> "future";
          case StoreException.TooSlow slow -> "too_slow";
        };
    commits.add(transactions, outcome);
  }

  void synced(long nanos) {
    syncTime.record(nanos);
  }

  void watchEnded(@Nullable StoreException why) {
    var reason =
        switch (why) {
          case null -> "closed";
          case StoreException.TooSlow slow -> "too_slow";
          case StoreException.Compacted compacted -> "compacted";
          case StoreException.Broken broken -> "broken";
          case StoreException.Conflict conflict -> "conflict";
          case StoreException.Unavailable unavailable -> "unavailable";
          case StoreException.FutureRevision future -> "future";
        };
    endedWatches.add(1, reason);
  }

  void compacted(long revisions, long nanos) {
    compactedRevisions.add(revisions);
    compactionTime.record(nanos);
  }

  void size(long bytes) {
    sizeBytes = bytes;
  }
}
