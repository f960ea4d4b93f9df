package dev.berth.core.schedule;

import dev.berth.core.control.Plan.Relief;
import dev.berth.core.control.Transition;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which changes can help pods that fit nowhere, and how. */
final class Reliefs {

  private Reliefs() {}

  /** Whether those that have to be placed together with it cannot tell the two apart. */
  static boolean isSameWait(Pod before, Pod after) {
    return PodScheduler.isWaiting(before) == PodScheduler.isWaiting(after)
        && isSameWish(before, after);
  }

  /** What it means to others that a pod is not where, or what, it was. */
  static Set<Relief> neighbourReliefs(@Nullable Pod before, @Nullable Pod after) {
    var reliefs = EnumSet.noneOf(Relief.class);
    var same = isSamePlace(before, after) && isSameNeighbour(before, after);
    if (holdsRoom(before) && !(same && holdsRoom(after))) {
      reliefs.add(Relief.POD_GONE);
    }
    if (holdsRoom(after) && !(same && holdsRoom(before))) {
      reliefs.add(Relief.POD_CAME);
    }
    return reliefs;
  }

  /** Whether it holds no longer what it held, or what was kept for it. */
  static boolean gaveRoomBack(Pod before, @Nullable Pod after) {
    return holdsRoom(before) && !(holdsRoom(after) && isSamePlace(before, after));
  }

  /** Whether rules about pods that are around cannot tell the two apart. */
  private static boolean isSameNeighbour(@Nullable Pod before, @Nullable Pod after) {
    return before != null
        && after != null
        && before.metadata().labels().equals(after.metadata().labels())
        && before.metadata().deleting() == after.metadata().deleting();
  }

  private static boolean holdsRoom(@Nullable Pod pod) {
    return pod != null && !pod.destination().isEmpty() && !pod.finished();
  }

  private static boolean isSamePlace(@Nullable Pod before, @Nullable Pod after) {
    return before != null && after != null && before.destination().equals(after.destination());
  }

  /** Whether nothing changed that could make a difference to where it can run. */
  static boolean isSameWish(Pod before, Pod after) {
    return before.spec().equals(after.spec())
        && before.metadata().labels().equals(after.metadata().labels())
        && before.metadata().annotations().equals(after.metadata().annotations());
  }

  /** What it means to pods that a node is not what it was. */
  static Set<Relief> nodeReliefs(Transition transition) {
    if (!(transition.after() instanceof Node after)) {
      return Set.of();
    }
    if (!(transition.before() instanceof Node before)) {
      return EnumSet.of(Relief.NODE, Relief.ROOM, Relief.VOLUME);
    }
    var reliefs = EnumSet.noneOf(Relief.class);
    if (!before.spec().equals(after.spec())
        || !before.metadata().labels().equals(after.metadata().labels())
        || before.ready() != after.ready()) {
      reliefs.add(Relief.NODE);
    }
    if (!before.status().allocatable().equals(after.status().allocatable())
        || !before.status().capacity().equals(after.status().capacity())) {
      reliefs.add(Relief.ROOM);
    }
    return reliefs;
  }

  /** Whether a claim has just got its volume. */
  static boolean isNewlyBound(Transition transition) {
    return transition.after() instanceof PersistentVolumeClaim after
        && after.fullyBound()
        && !(transition.before() instanceof PersistentVolumeClaim before && before.fullyBound());
  }
}
