package dev.berth.core.schedule;

import dev.berth.core.binding.OpenClaim;
import dev.berth.core.binding.Provisioning;
import dev.berth.core.binding.VolumeGroup;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan.Relief;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.storage.ObjectKey;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The claims of a pod, as far as they decide where it may run. */
sealed interface PodClaims {

  /**
   * The pod can be placed.
   *
   * @param bound claims that have their volumes
   * @param missing whether the volume of a bound claim does not exist
   * @param open claims that get theirs together with the node
   */
  record Ready(List<BoundClaim> bound, boolean missing, List<OpenClaim> open)
      implements PodClaims {}

  /**
   * It cannot run anywhere yet.
   *
   * @param madeOn the node where a volume of it is being made; null when none is
   */
  record Blocked(String why, Set<Relief> reliefs, @Nullable String madeOn) implements PodClaims {

    Blocked(String why, Set<Relief> reliefs) {
      this(why, reliefs, null);
    }

    private static Blocked until(String why, String node) {
      return new Blocked(why, Set.of(Relief.CLAIM, Relief.VOLUME), node);
    }
  }

  /** It depends on writes in flight. */
  record Unsettled(Set<ObjectKey> keys) implements PodClaims {}

  record BoundClaim(Observed<PersistentVolumeClaim> claim, Observed<PersistentVolume> volume) {}

  static PodClaims of(ClusterView view, Observed<Pod> pod) {
    var bound = new ArrayList<BoundClaim>();
    var open = new ArrayList<OpenClaim>();
    var busy = new LinkedHashSet<ObjectKey>();
    var missing = false;
    var made = madeForIt(pod.view());
    var keys = new LinkedHashSet<ObjectKey>();
    pod.view().claimNames().forEach(name -> keys.add(Keys.claim(pod.key().namespace(), name)));
    var grouped = new HashSet<ObjectKey>();
    for (var key : List.copyOf(keys)) {
      var blocked = addGroup(view, key, keys, grouped);
      if (blocked != null) {
        return blocked;
      }
    }
    for (var key : keys) {
      var name = key.name();
      var claim = view.claim(key);
      if (claim == null && made.contains(name)) {
        return claimBlocked(
            "the persistentvolumeclaim \"%s\" of its ephemeral volume is not made yet"
                .formatted(name));
      }
      if (claim == null) {
        return claimBlocked("persistentvolumeclaim \"%s\" not found".formatted(name));
      }
      if (view.isBusy(key)) {
        busy.add(key);
        continue;
      }
      if (made.contains(name) && !pod.view().owns(claim.view())) {
        return claimBlocked(
            "persistentvolumeclaim \"%s\" was not made for this pod's ephemeral volume"
                .formatted(name));
      }
      if (claim.view().metadata().deleting()) {
        return claimBlocked("persistentvolumeclaim \"%s\" is being deleted".formatted(name));
      }
      if (claim.view().phase().equals(PersistentVolumeClaim.LOST)) {
        return claimBlocked(
            "persistentvolumeclaim \"%s\" bound to non-existent persistentvolume \"%s\""
                .formatted(name, claim.view().volumeName()));
      }
      if (!claim.view().fullyBound()) {
        if (!isDelayed(view, claim.view(), grouped.contains(key))) {
          return new Blocked(
              "pod has unbound immediate PersistentVolumeClaims",
              Set.of(Relief.CLAIM, Relief.VOLUME));
        }
        var underWay = Provisioning.underWay(view, claim);
        if (underWay != null) {
          var node = ProvisionProtocol.node(underWay.view());
          return Blocked.until(
              "waiting for node %s to make the volume of claim %s".formatted(node, name), node);
        }
        var sentTo = claim.view().metadata().annotations().get(PersistentVolumeClaim.SELECTED_NODE);
        var external = Provisioning.external(view, claim.view());
        var next = open(view, claim, busy);
        if (sentTo != null && external != null && next.reserved().isEmpty()) {
          return Blocked.until(
              "waiting for provisioner %s to make the volume of claim %s for node %s"
                  .formatted(external.view().provisioner(), name, sentTo),
              sentTo);
        }
        open.add(next);
      } else {
        var volume = view.volume(claim.view().volumeName());
        if (volume == null) {
          missing = true;
        } else if (view.isBusy(volume.key())) {
          busy.add(volume.key());
        } else {
          bound.add(new BoundClaim(claim, volume));
        }
      }
    }
    if (open.size() > VolumeGroup.LARGEST) {
      return claimBlocked(
          ("pod has %d unbound PersistentVolumeClaims, at most %d can be bound at once: bind the"
                  + " others first, by their spec.volumeName")
              .formatted(open.size(), VolumeGroup.LARGEST));
    }
    return busy.isEmpty() ? new Ready(bound, missing, open) : new Unsettled(busy);
  }

  /**
   * The claims that get their volumes together with this one, whether the pod uses them or not: all
   * of them go where it goes. Why that cannot be yet; null when it can.
   *
   * @param grouped is told the claims of groups that wait for a pod
   */
  private static @Nullable Blocked addGroup(
      ClusterView view, ObjectKey key, Set<ObjectKey> keys, Set<ObjectKey> grouped) {
    var claim = view.claim(key);
    var group = claim == null || claim.view().fullyBound() ? null : VolumeGroup.of(view, claim);
    if (group == null) {
      return null;
    }
    var why = group.why();
    if (why != null) {
      return claimBlocked(why);
    }
    group.members().forEach(member -> keys.add(member.key()));
    if (group.waitsForPod(view)) {
      group.members().forEach(member -> grouped.add(member.key()));
    }
    return null;
  }

  /** The claims of its ephemeral volumes. */
  private static Set<String> madeForIt(Pod pod) {
    return pod.spec().volumes().stream()
        .filter(volume -> volume.ephemeral() != null)
        .map(pod::claimName)
        .collect(Collectors.toSet());
  }

  private static Blocked claimBlocked(String why) {
    return new Blocked(why, Set.of(Relief.CLAIM));
  }

  /**
   * Whether it gets its volume from the scheduler: then it names no volume, and its class, or
   * another one of its group, waits for a pod.
   */
  private static boolean isDelayed(ClusterView view, PersistentVolumeClaim claim, boolean grouped) {
    var type = view.storageClass(claim.className());
    return claim.volumeName().isEmpty() && (grouped || (type != null && type.view().delayed()));
  }

  private static OpenClaim open(
      ClusterView view, Observed<PersistentVolumeClaim> claim, Set<ObjectKey> busy) {
    var open = OpenClaim.of(view, claim);
    open.reserved().stream().map(Observed::key).filter(view::isBusy).forEach(busy::add);
    return open;
  }
}
