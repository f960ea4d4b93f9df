package dev.berth.core.control;

import dev.berth.core.control.SimulatedNetwork.Fate;
import dev.berth.core.storage.InMemoryObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * A world made from a seed: users, nodes, one or more deciders, and everything that can happen
 * between them. After each step it is checked.
 */
final class SimulatedWorld {
  private static final int STEPS = 200;
  private static final int STEPS_BETWEEN_RESTS = 70;
  private static final int MOST_MESSAGES = 8;
  private static final int MOST_USERS = 4;

  /** One in so many transactions or answers is lost. */
  private static final List<Integer> SOUNDNESS = List.of(4, 15, 1_000_000);

  /** The feed moves in one of so many turns. */
  private static final int SLOWEST_FEED = 8;

  private static final Duration REST = Duration.ofMinutes(5);
  private static final int MOST_ROUNDS = 400;

  private final Random random;
  private final PlantedBug bug;
  private final InMemoryObjectStore store;
  private final WorldTruth truth;
  private final WorldInvariants invariants;
  private final RoomAudit room;
  private final SimulatedUsers users;
  private final SimulatedNodes nodes;
  private final Set<String> explained = new HashSet<>();
  private final List<SimulatedDecider> former = new ArrayList<>();
  private final int soundness;
  private final int feedDelay;
  private final boolean disturbed;
  private SimulatedDecider decider;
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private int deciders;
  private long checked;

  SimulatedWorld(long seed, PlantedBug bug) {
    this.random = new Random(seed);
    this.bug = bug;
    var unsound = bug == PlantedBug.UNKNOWN_IS_FAILURE;
    this.soundness = unsound ? 2 : SOUNDNESS.get(random.nextInt(SOUNDNESS.size()));
    this.feedDelay = unsound ? SLOWEST_FEED : 1 + random.nextInt(SLOWEST_FEED);
    this.disturbed = random.nextInt(4) != 0;
    this.store = new InMemoryObjectStore(random.nextBoolean() ? 100_000 : 40);
    var rules = new WorldInvariants[1];
    var rooms = new RoomAudit[1];
    this.truth =
        new WorldTruth(
            store,
            new SimulatedPools((3L + random.nextInt(4)) << 30, random.nextInt(3) != 0),
            (before, after) -> {
              rules[0].onChange(before, after);
              rooms[0].onChange(before, after);
            });
    this.invariants = new WorldInvariants(truth);
    rules[0] = invariants;
    this.room = new RoomAudit(truth);
    rooms[0] = room;
    this.users = new SimulatedUsers(store, truth, random, () -> now);
    this.nodes = new SimulatedNodes(store, truth, invariants, random);
    this.decider = newDecider();
  }

  private SimulatedDecider newDecider() {
    deciders++;
    return new SimulatedDecider(
        store,
        random,
        bug,
        new FitAudit(truth, room),
        (involved, type, reason, message) -> explained.add(involved.uid()),
        "decider-" + deciders);
  }

  /** Lives through the whole story. */
  void run() {
    nodes.prepare();
    users.prepare();
    check();
    for (var step = 1; step <= STEPS; step++) {
      try {
        act();
        check();
        if (step % STEPS_BETWEEN_RESTS == 0 || step == STEPS) {
          rest();
        }
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("in step " + step + ": " + e.getMessage(), e);
      }
    }
  }

  private void check() {
    truth.update();
    if (checked != store.revision()) {
      invariants.check();
      checked = store.revision();
    }
  }

  private void act() {
    now = now.plusMillis(random.nextInt(20));
    switch (random.nextInt(40)) {
      case 0 -> now = now.plusSeconds(random.nextInt(50));
      case 1 -> {
        if (disturbed) {
          disturb();
        }
      }
      case 2, 3, 4, 5, 6, 7 -> nodes.act();
      case 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23 -> letUsersAct();
      default -> {}
    }
    for (var i = random.nextInt(MOST_MESSAGES); i > 0; i--) {
      work(former.isEmpty() || random.nextInt(3) != 0 ? decider : anyFormer());
      truth.update();
    }
    if (decider.stopped()) {
      decider = newDecider();
    }
  }

  private void letUsersAct() {
    for (var i = random.nextInt(MOST_USERS); i >= 0; i--) {
      users.act();
      truth.update();
    }
  }

  private SimulatedDecider anyFormer() {
    return former.get(random.nextInt(former.size()));
  }

  /** One of the things that a decider and its network do next. */
  private void work(SimulatedDecider decider) {
    var network = decider.network();
    var count = 1 + random.nextInt(4);
    switch (random.nextInt(6)) {
      case 0 -> {
        if (random.nextInt(feedDelay) == 0) {
          network.letChangesThrough(3 * count);
        }
      }
      case 1 -> {
        while (count > 0 && network.arrive(fate())) {
          count--;
        }
      }
      case 2 -> {
        while (count > 0 && network.answer()) {
          count--;
        }
      }
      default -> decider.step(now);
    }
  }

  private Fate fate() {
    if (random.nextInt(soundness) != 0) {
      return Fate.ARRIVES;
    }
    return random.nextBoolean() ? Fate.LOST : Fate.ANSWER_LOST;
  }

  /** A restart, a successor while the old one lives, or a store that forgets its past. */
  private void disturb() {
    switch (random.nextInt(3)) {
      case 0 -> {
        decider.kill();
        former.add(decider);
        decider = newDecider();
      }
      case 1 -> {
        former.add(decider);
        decider = newDecider();
      }
      default -> {
        check();
        store.compact(store.revision());
      }
    }
  }

  /** Lets everything come to an end, and looks whether it is as it should be. */
  private void rest() {
    users.repair();
    check();
    var end = now.plus(REST);
    var settled = -1L;
    for (var round = 0; settled != store.revision() || now.isBefore(end); round++) {
      if (round == MOST_ROUNDS) {
        throw new AssertionError("the world does not come to rest");
      }
      settled = store.revision();
      restDeciders();
      nodes.finish();
      check();
      if (settled == store.revision()) {
        var next = decider.next();
        now = next == null || next.isAfter(end) ? end : next;
      }
    }
    if (!decider.deciding()) {
      throw new AssertionError("the decider does not decide");
    }
    new RestInvariants(truth, explained).check();
  }

  private void restDeciders() {
    for (var old : former) {
      old.rest(now);
      check();
    }
    former.forEach(SimulatedDecider::kill);
    former.clear();
    decider.rest(now);
    check();
    if (decider.stopped()) {
      decider = newDecider();
      decider.rest(now);
      check();
    }
  }
}
