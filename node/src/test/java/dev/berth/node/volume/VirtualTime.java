package dev.berth.node.volume;

import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.PriorityQueue;

/** What happens when, in the simulation: each thing at its time, those of one time in order. */
final class VirtualTime {

  /** Of things that go on although the process ends. */
  private static final int ANY_LIFE = 0;

  private record Scheduled(Instant at, long order, int life, Runnable what) {}

  private final PriorityQueue<Scheduled> queue =
      new PriorityQueue<>(Comparator.comparing(Scheduled::at).thenComparingLong(Scheduled::order));
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private long order;
  private int life = ANY_LIFE;

  Instant now() {
    return now;
  }

  /** A process begins: what its predecessor would have done does not happen any more. */
  void beginLife() {
    life++;
  }

  void after(long millis, Runnable what) {
    at(now.plusMillis(millis), what);
  }

  void at(Instant time, Runnable what) {
    queue.add(new Scheduled(time, order++, life, what));
  }

  /** Something that goes on although the process ends. */
  void whateverLife(long millis, Runnable what) {
    queue.add(new Scheduled(now.plusMillis(millis), order++, ANY_LIFE, what));
  }

  /** What happens next, whose time it becomes; empty when nothing does until then. */
  Optional<Runnable> next(Instant until) {
    while (!queue.isEmpty() && !queue.peek().at().isAfter(until)) {
      var next = queue.poll();
      now = next.at().isAfter(now) ? next.at() : now;
      if (next.life() == ANY_LIFE || next.life() == life) {
        return Optional.of(next.what());
      }
    }
    now = until;
    return Optional.empty();
  }
}
