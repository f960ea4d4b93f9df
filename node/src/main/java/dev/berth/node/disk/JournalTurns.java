package dev.berth.node.disk;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Lets writers of the journal wait for one another when they concern the same things, only then.
 */
final class JournalTurns {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final List<Turn> turns = new ArrayList<>();

  /** What a write is about. */
  record Concern(Set<UUID> volumes, Optional<DeviceIdentity> device) {
    static final Concern NOTHING = new Concern(Set.of(), Optional.empty());

    /** A volume more. */
    Concern and(UUID volume) {
      var all = new HashSet<>(volumes);
      all.add(volume);
      return new Concern(all, device);
    }

    private boolean touches(Concern other) {
      return !Collections.disjoint(volumes, other.volumes)
          || device.flatMap(own -> other.device.filter(own::sameDevice)).isPresent();
    }
  }

  /** Ends when it is closed. */
  final class Turn implements AutoCloseable {
    private final Concern concern;

    private Turn(Concern concern) {
      this.concern = concern;
    }

    @Override
    public void close() {
      lock.lock();
      try {
        turns.remove(this);
        ended.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Waits until nobody else is at what is concerned.
   *
   * @param concern asked again after each wait: what others did may have changed it
   */
  Turn take(Supplier<Concern> concern) {
    lock.lock();
    try {
      while (true) {
        var wanted = concern.get();
        if (turns.stream().noneMatch(turn -> turn.concern.touches(wanted))) {
          var turn = new Turn(wanted);
          turns.add(turn);
          return turn;
        }
        ended.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }
}
