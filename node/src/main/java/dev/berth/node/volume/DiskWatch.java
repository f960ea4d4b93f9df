package dev.berth.node.volume;

import dev.berth.core.registry.Rejection;
import dev.berth.core.storage.StoreException;
import dev.berth.node.plugin.VolumeId;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the disks of a node's volumes about once a minute, and when somebody asks: whether they
 * fail, and whether they are the right ones. On a virtual thread of its own, so that no loop waits
 * for it.
 */
final class DiskWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DiskWatch.class);

  /** Between two looks; not all nodes of a host look at once. */
  private static final Duration SHORTEST = Duration.ofSeconds(50);

  private static final Duration FIRST = Duration.ofSeconds(10);
  private static final Duration LONGEST = Duration.ofSeconds(70);

  private final String nodeName;
  private final DiskExamination examination;
  private final HealthReports reports;
  private final Consumer<VolumeId> doubt;
  private final Consumer<Map<String, String>> tellNode;
  private final HealthMeters meters;
  private final RandomGenerator random;
  private final ReentrantLock looking = new ReentrantLock();
  private final Thread thread;
  private volatile Map<String, Boolean> healthy = Map.of();

  /**
   * @param doubt takes volumes whose disk is not the right one: they are compared again before
   *     anybody gets them
   * @param tellNode takes the volumes whose disks fail, with what is wrong, at every look
   */
  DiskWatch(
      String nodeName,
      DiskExamination examination,
      HealthReports reports,
      Consumer<VolumeId> doubt,
      Consumer<Map<String, String>> tellNode,
      HealthMeters meters,
      RandomGenerator random) {
    this.nodeName = nodeName;
    this.examination = examination;
    this.reports = reports;
    this.doubt = doubt;
    this.tellNode = tellNode;
    this.meters = meters;
    this.random = random;
    this.thread = Thread.ofVirtual().name("disks of " + nodeName).unstarted(this::run);
  }

  void start() {
    meters.add(nodeName, () -> healthy);
    thread.start();
  }

  private void run() {
    try {
      // A start has enough to do.
      Thread.sleep(FIRST);
      while (true) {
        look();
        Thread.sleep(Duration.ofMillis(random.nextLong(SHORTEST.toMillis(), LONGEST.toMillis())));
      }
    } catch (InterruptedException e) {
      LOG.debug("the disks of node {} are looked at no more", nodeName);
    }
  }

  /** Looks now, and says what was found. */
  void look() throws InterruptedException {
    looking.lockInterruptibly();
    try {
      var seen = new TreeMap<String, Boolean>();
      var failing = new TreeMap<String, String>();
      for (var entry : examination.examine().entrySet()) {
        var disk = entry.getKey();
        var found = entry.getValue();
        var name = disk.volume().metadata().name();
        var verdict =
            DiskVerdict.next(HealthReports.said(disk.volume()), found, disk.mount().isPresent());
        seen.put(name, verdict.map(DiskVerdict::healthy).orElse(true));
        verdict
            .filter(said -> !said.healthy())
            .ifPresent(said -> failing.put(name, said.message()));
        verdict.ifPresent(said -> reports.tell(disk.volume(), said));
        if (wrong(found)) {
          doubt.accept(disk.id());
        }
      }
      healthy = seen;
      tellNode.accept(failing);
    } catch (IOException | StoreException | Rejection e) {
      LOG.warn("the disks of node {} cannot be looked at: {}", nodeName, e.getMessage());
    } catch (RuntimeException e) {
      // A bug must not end the watch over all disks.
      LOG.error("the disks of node {} cannot be looked at", nodeName, e);
    } finally {
      looking.unlock();
    }
  }

  private static boolean wrong(Optional<DiskFinding> found) {
    return found
        .map(DiskFinding::trouble)
        .filter(
            trouble ->
                switch (trouble) {
                  case MISSING, OTHER_DISK -> true;
                  case SILENT, DEAD, READ_ONLY, ERRORS, IO_ERRORS, SMART -> false;
                })
        .isPresent();
  }

  @Override
  public void close() {
    meters.remove(nodeName);
    thread.interrupt();
  }
}
