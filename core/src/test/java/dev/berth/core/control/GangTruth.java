package dev.berth.core.control;

import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A pod that waits and those that wait with it, because they use claims of the same volume groups,
 * as they are in the store.
 */
final class GangTruth {

  /** What stands against a pod apart from the nodes. */
  private enum Readiness {
    READY,
    NOT_READY,
    /** Users have a say in it. */
    UNKNOWN
  }

  private final WorldTruth truth;
  private final Map<String, Pod> pods = new LinkedHashMap<>();
  private final List<Pod> ready = new ArrayList<>();
  private final Map<String, PersistentVolumeClaim> open = new LinkedHashMap<>();
  private final List<PersistentVolume> bound = new ArrayList<>();

  private GangTruth(WorldTruth truth) {
    this.truth = truth;
  }

  /** Null when the pod could run nowhere, or nobody but its users can say whether it could. */
  static @Nullable GangTruth of(WorldTruth truth, Pod pod) {
    var gang = new GangTruth(truth);
    var fresh = new ArrayDeque<>(List.of(pod));
    while (!fresh.isEmpty()) {
      var next = fresh.poll();
      if (gang.pods.putIfAbsent(next.metadata().name(), next) != null) {
        continue;
      }
      switch (gang.add(next)) {
        case READY -> gang.ready.add(next);
        case NOT_READY -> {
          if (next.metadata().name().equals(pod.metadata().name())) {
            return null;
          }
        }
        case UNKNOWN -> {
          return null;
        }
      }
      for (var other : truth.pods()) {
        if (isWaiting(other.view())
            && other.view().claimNames().stream().anyMatch(gang::isOfGroup)) {
          fresh.add(other.view());
        }
      }
    }
    return gang;
  }

  private static boolean isWaiting(Pod pod) {
    return pod.nodeName().isEmpty() && !pod.finished() && !pod.metadata().deleting();
  }

  private boolean isOfGroup(String claim) {
    var found = open.get(claim);
    return found != null && !found.volumeGroup().isEmpty();
  }

  private Readiness add(Pod pod) {
    var itsOpen = new LinkedHashMap<String, PersistentVolumeClaim>();
    var itsBound = new ArrayList<PersistentVolume>();
    for (var name : pod.claimNames()) {
      var key = Keys.claim(pod.metadata().namespace(), name);
      var claim = truth.view(key, PersistentVolumeClaim.class);
      if (claim == null || claim.metadata().deleting()) {
        return Readiness.NOT_READY;
      }
      if (claim.fullyBound()) {
        var volume = truth.view(Keys.volume(claim.volumeName()), PersistentVolume.class);
        if (volume == null || claim.phase().equals("Lost")) {
          return Readiness.NOT_READY;
        }
        itsBound.add(volume);
      } else if (!claim.volumeSpread().isEmpty()) {
        return Readiness.UNKNOWN;
      } else if (!claim.volumeGroup().isEmpty()) {
        var group = GroupTruth.of(truth, claim);
        if (group == null) {
          return Readiness.UNKNOWN;
        }
        if (!group.delayed()) {
          return Readiness.NOT_READY;
        }
        group.open().forEach(member -> itsOpen.put(member.metadata().name(), member));
        itsBound.addAll(group.places());
      } else if (truth.isDelayed(claim.className()) && claim.volumeName().isEmpty()) {
        itsOpen.put(name, claim);
      } else {
        return Readiness.NOT_READY;
      }
    }
    open.putAll(itsOpen);
    bound.addAll(itsBound);
    return Readiness.READY;
  }

  /** All of them, the pod itself first. */
  List<Pod> pods() {
    return List.copyOf(pods.values());
  }

  /** Those whose claims keep them from no node. */
  List<Pod> ready() {
    return ready;
  }

  /** The claims that get their volumes where they go. */
  List<PersistentVolumeClaim> open() {
    return List.copyOf(open.values());
  }

  /** The volumes that they have. */
  List<PersistentVolume> bound() {
    return bound;
  }
}
