package dev.berth.core.control;

import com.google.errorprone.annotations.FormatMethod;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import java.util.List;
import java.util.Set;

/**
 * What must hold in a simulated world when nothing has happened for a while: nothing waits whose
 * need can be met, and whatever waits says why.
 */
final class RestInvariants {
  private final WorldTruth truth;
  private final BruteForce bruteForce;
  private final Set<String> explained;

  /**
   * @param explained the uids of the objects about which an event was recorded
   */
  RestInvariants(WorldTruth truth, Set<String> explained) {
    this.truth = truth;
    this.bruteForce = new BruteForce(truth);
    this.explained = explained;
  }

  @FormatMethod
  private static AssertionError violated(String rule, Object... about) {
    return new AssertionError("at rest " + String.format(rule, about));
  }

  void check() {
    new PoolInvariants(truth).checkAtRest();
    truth.claims().forEach(claim -> checkClaim(claim.key().name(), claim.view()));
    truth.volumes().forEach(volume -> checkVolume(volume.key().name(), volume.view()));
    truth.pods().forEach(pod -> checkPod(pod.key().name(), pod.view()));
  }

  private void checkClaim(String name, PersistentVolumeClaim claim) {
    if (claim.metadata().deleting()) {
      var used =
          truth.pods().stream()
              .anyMatch(
                  pod ->
                      !pod.view().nodeName().isEmpty() && pod.view().claimNames().contains(name));
      if (!used) {
        throw violated("claim %s is on its way out, and nothing holds it", name);
      }
      return;
    }
    if (!claim.phase().equals("Pending")) {
      return;
    }
    if (!explained.contains(claim.metadata().uid())) {
      throw violated("claim %s waits without a word", name);
    }
    if (claim.takesDefaultClass() && isFreeToChoose(name, claim) && hasDefaultClass()) {
      throw violated("claim %s has no class, although there is a default class", name);
    }
    if (!claim.volumeGroup().isEmpty()) {
      checkGroup(name, claim);
    } else if (claim.volumeName().isEmpty()
        && !truth.isDelayed(claim.className())
        && claim.volumeSpread().isEmpty()) {
      var volume = bruteForce.volumeFor(claim);
      if (volume != null) {
        throw violated("claim %s waits although %s is free and fits", name, volume);
      }
      var maker = bruteForce.makerFor(claim);
      if (maker != null) {
        throw violated("claim %s waits although %s could make its volume", name, maker);
      }
    }
  }

  /** Whether no user has a say in what it gets. */
  private boolean isFreeToChoose(String name, PersistentVolumeClaim claim) {
    return claim.volumeName().isEmpty()
        && truth.volumes().stream()
            .map(volume -> volume.view().spec().claimRef())
            .noneMatch(reference -> reference != null && reference.name().equals(name));
  }

  private boolean hasDefaultClass() {
    return truth.classes().stream().anyMatch(type -> type.view().isDefault());
  }

  private void checkGroup(String name, PersistentVolumeClaim claim) {
    var group = GroupTruth.of(truth, claim);
    var node = group == null || group.delayed() ? null : bruteForce.nodeFor(group);
    if (node != null) {
      throw violated("claim %s waits although %s has volumes for all of its group", name, node);
    }
  }

  private void checkVolume(String name, PersistentVolume volume) {
    var reference = volume.spec().claimRef();
    if (volume.metadata().deleting() && !volume.phase().equals("Bound")) {
      if (!explained.contains(volume.metadata().uid())) {
        throw violated("volume %s is on its way out, waiting without a word", name);
      }
    }
    if (reference == null || reference.uid().isEmpty()) {
      if (!List.of("Available", "Released", "Failed").contains(volume.phase())) {
        throw violated("volume %s of nobody is %s", name, volume.phase());
      }
      return;
    }
    var key = Keys.claim(reference.namespace(), reference.name());
    var claim = truth.view(key, PersistentVolumeClaim.class);
    var there = claim != null && claim.metadata().uid().equals(reference.uid());
    if (!there && !List.of("Released", "Failed").contains(volume.phase())) {
      throw violated("volume %s, whose claim has gone, is %s", name, volume.phase());
    }
    if (!there
        && volume.spec().local() != null
        && volume.reclaimPolicy().equals("Delete")
        && truth.nodes().stream()
            .anyMatch(
                node -> volume.reachableFrom(node.key().name(), node.view().metadata().labels()))) {
      throw violated("volume %s was not wiped although its node is there", name);
    }
  }

  private void checkPod(String name, Pod pod) {
    if (!pod.nodeName().isEmpty() || pod.finished() || pod.metadata().deleting()) {
      return;
    }
    var node = bruteForce.nodeFor(pod);
    if (node != null) {
      throw violated("pod %s waits although it could run on %s", name, node);
    }
    if (pod.status().conditions().stream()
        .noneMatch(
            condition ->
                condition.type().equals("PodScheduled")
                    && condition.status().equals("False")
                    && !condition.message().isEmpty())) {
      throw violated("pod %s waits without a word", name);
    }
  }
}
