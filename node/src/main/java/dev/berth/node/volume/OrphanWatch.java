package dev.berth.node.volume;

import dev.berth.core.model.Event;
import dev.berth.core.model.ObjectReference;
import dev.berth.core.node.OrphanReport;
import dev.berth.core.registry.EventSink;
import dev.berth.core.registry.Rejection;
import dev.berth.core.storage.StoreException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for what nobody owns every few minutes, and tells: an event on the node and a metric. Only
 * what is found by two looks in a row counts. On a virtual thread of its own.
 */
final class OrphanWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OrphanWatch.class);
  private static final Duration SHORTEST = Duration.ofMinutes(4);
  private static final Duration LONGEST = Duration.ofMinutes(6);

  private final String nodeName;
  private final OrphanSearch search;
  private final EventSink events;
  private final Supplier<ObjectReference> node;
  private final HealthMeters meters;
  private final RandomGenerator random;
  private final Thread thread;
  private SortedSet<Orphan> before = new TreeSet<>();
  private Set<Orphan> shown = Set.of();
  private Set<Orphan> told = Set.of();
  private volatile Set<Orphan> counted = Set.of();

  OrphanWatch(
      String nodeName,
      OrphanSearch search,
      EventSink events,
      Supplier<ObjectReference> node,
      HealthMeters meters,
      RandomGenerator random) {
    this.nodeName = nodeName;
    this.search = search;
    this.events = events;
    this.node = node;
    this.meters = meters;
    this.random = random;
    this.thread = Thread.ofVirtual().name("orphans of " + nodeName).unstarted(this::run);
  }

  void start() {
    meters.addOrphans(nodeName, () -> counted);
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(Duration.ofMillis(random.nextLong(SHORTEST.toMillis(), LONGEST.toMillis())));
        look();
      }
    } catch (InterruptedException e) {
      LOG.debug("orphans of node {} are looked for no more", nodeName);
    }
  }

  /** Looks once; what stays of that which was found by the look before is told. */
  synchronized Set<Orphan> look() throws InterruptedException {
    try {
      var found = search.find();
      var left = new TreeSet<Orphan>();
      for (var orphan : found) {
        if (before.contains(orphan) && !search.remove(orphan)) {
          left.add(orphan);
        }
      }
      for (var orphan : left) {
        if (!told.contains(orphan)) {
          LOG.warn("{}", orphan.message());
          events.record(node.get(), Event.WARNING, "OrphanFound", orphan.message());
        }
      }
      told = left;
      counted = left;
      before = found;
    } catch (IOException | StoreException | Rejection e) {
      LOG.warn("orphans of node {} cannot be looked for: {}", nodeName, e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("orphans of node {} cannot be looked for", nodeName, e);
    }
    return counted;
  }

  /** What is there now, for a person who asks: nothing is taken away, and no event told. */
  synchronized List<OrphanReport> show() throws IOException, InterruptedException {
    var found = search.find();
    var seen = Set.copyOf(shown);
    shown = found;
    return found.stream()
        .map(orphan -> orphan.report(before.contains(orphan) || seen.contains(orphan)))
        .toList();
  }

  @Override
  public void close() {
    meters.remove(nodeName);
    thread.interrupt();
  }
}
