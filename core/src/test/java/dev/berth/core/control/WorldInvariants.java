package dev.berth.core.control;

import com.google.errorprone.annotations.FormatMethod;
import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.provision.NodeProvisioner;
import java.util.HashMap;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What must hold in a simulated world at every moment. */
final class WorldInvariants {
  private final WorldTruth truth;
  private final BruteForce bruteForce;
  private final TogetherInvariants together;
  private final PoolInvariants pools;

  WorldInvariants(WorldTruth truth) {
    this.truth = truth;
    this.bruteForce = new BruteForce(truth);
    this.together = new TogetherInvariants(truth);
    this.pools = new PoolInvariants(truth);
  }

  @FormatMethod
  private static AssertionError violated(String rule, Object... about) {
    return new AssertionError(String.format(rule, about));
  }

  /** Looks at one change, before the truth takes it in. */
  void onChange(@Nullable Observed<?> before, @Nullable Observed<?> after) {
    if (before != null && after == null) {
      onRemoval(before);
    }
    if (before == null && after != null) {
      together.onCreation(after);
    }
    if (before != null && after != null) {
      onOverwrite(before, after);
      together.onBinding(before, after);
    }
    if (after != null
        && after.view() instanceof Pod pod
        && !pod.nodeName().isEmpty()
        && before != null
        && before.view() instanceof Pod old
        && old.nodeName().isEmpty()) {
      onPlacement(pod);
    }
  }

  /** What users wrote stays written. */
  private void onOverwrite(Observed<?> before, Observed<?> after) {
    if (before.view().metadata().deleting() && !after.view().metadata().deleting()) {
      throw violated("the deletion of %s was forgotten", after.key());
    }
    var touch = truth.touchOf(after.key());
    if (touch != null && !touch.equals(after.view().metadata().annotations().get("touched"))) {
      throw violated("what a user wrote into %s was overwritten", after.key());
    }
  }

  private void onRemoval(Observed<?> gone) {
    switch (gone.view()) {
      case PersistentVolumeClaim claim -> {
        for (var pod : truth.pods()) {
          if (!pod.view().nodeName().isEmpty()
              && pod.view().claimNames().contains(claim.metadata().name())) {
            throw violated("%s was removed although %s uses it", gone.key(), pod.key());
          }
        }
      }
      case PersistentVolume volume -> {
        pools.onRemoval(volume);
        var wiped = truth.dataOn(volume) == null;
        if (!wiped
            && (volume.spec().local() != null || NodeProvisioner.isMadeByHand(volume))
            && volume.reclaimPolicy().equals("Delete")) {
          throw violated("%s was removed before its data was wiped", gone.key());
        }
      }
      default -> {}
    }
  }

  private void onPlacement(Pod pod) {
    var name = pod.metadata().name();
    var node = truth.view(Keys.node(pod.nodeName()), Node.class);
    if (node == null) {
      throw violated("pod %s was given to %s, which does not exist", name, pod.nodeName());
    }
    if (!BruteForce.admits(node, pod)) {
      throw violated("pod %s was given to %s, which it may not have", name, pod.nodeName());
    }
    if (!bruteForce.isWelcome(node, pod, Integer.MIN_VALUE)) {
      throw violated("pod %s was given to %s, where others keep it away", name, pod.nodeName());
    }
    for (var claimName : pod.claimNames()) {
      var key = Keys.claim(pod.metadata().namespace(), claimName);
      var claim = truth.view(key, PersistentVolumeClaim.class);
      if (claim == null || !claim.fullyBound()) {
        throw violated("pod %s was given a node, but its claim %s is not bound", name, claimName);
      }
      var volume = truth.view(Keys.volume(claim.volumeName()), PersistentVolume.class);
      if (volume == null || !volume.reachableFrom(pod.nodeName(), node.metadata().labels())) {
        throw violated(
            "pod %s was given to %s, where its volume %s is not",
            name, pod.nodeName(), claim.volumeName());
      }
    }
  }

  /** Looks at everything, after whole transactions. */
  void check() {
    together.check();
    pools.check();
    for (var claim : truth.claims()) {
      if (claim.view().phase().equals("Bound")) {
        checkBound(claim.key().name(), claim.view());
      }
    }
    var owners = new HashMap<String, String>();
    for (var volume : truth.volumes()) {
      checkVolume(volume.key().name(), volume.view());
      var reference = volume.view().spec().claimRef();
      if (volume.view().phase().equals("Bound") && reference != null) {
        var other = owners.put(reference.uid(), volume.key().name());
        if (other != null) {
          throw violated(
              "the volumes %s and %s both belong to claim %s",
              volume.key().name(), other, reference.name());
        }
      }
    }
    for (var node : truth.nodes()) {
      var used = bruteForce.cpuUsed(node.key().name());
      if (used.compareTo(BruteForce.cpu(node.view())) > 0) {
        throw violated("node %s has pods that ask for %s cpu", node.key().name(), used);
      }
    }
  }

  private void checkBound(String name, PersistentVolumeClaim claim) {
    var volume = truth.view(Keys.volume(claim.volumeName()), PersistentVolume.class);
    if (volume == null) {
      throw violated("claim %s is Bound to %s, which does not exist", name, claim.volumeName());
    }
    var reference = volume.spec().claimRef();
    if (reference == null || !reference.uid().equals(claim.metadata().uid())) {
      throw violated("claim %s is Bound to %s, which says otherwise", name, claim.volumeName());
    }
    if (!volume.phase().equals("Bound") || !claim.bindCompleted()) {
      throw violated("claim %s is Bound to %s, but not completely", name, claim.volumeName());
    }
  }

  private void checkVolume(String name, PersistentVolume volume) {
    var data = truth.dataOn(volume);
    if (volume.phase().equals("Available") && data != null) {
      throw violated("volume %s is Available with the data of claim %s", name, data);
    }
    var reference = volume.spec().claimRef();
    if (volume.phase().equals("Bound")) {
      if (reference == null || reference.uid().isEmpty()) {
        throw violated("volume %s is Bound to nobody", name);
      }
      if (WipeProtocol.isDirty(volume)) {
        throw violated("volume %s is Bound although a wipe is due", name);
      }
      var key = Keys.claim(reference.namespace(), reference.name());
      var claim = truth.view(key, PersistentVolumeClaim.class);
      if (claim != null
          && claim.metadata().uid().equals(reference.uid())
          && !claim.volumeName().equals(name)) {
        throw violated("volume %s is Bound to %s, which names another", name, key);
      }
    }
  }

  /** A node is about to wipe the volume. */
  void checkWipe(PersistentVolume volume) {
    var data = truth.dataOn(volume);
    for (var claim : truth.claims()) {
      if (Objects.equals(claim.view().metadata().uid(), data)) {
        throw violated(
            "volume %s is wiped with the data of %s, which is there",
            volume.metadata().name(), claim.key());
      }
    }
  }
}
