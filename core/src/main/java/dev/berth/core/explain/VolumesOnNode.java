package dev.berth.core.explain;

import dev.berth.core.binding.Provisioning;
import dev.berth.core.binding.VolumeVerdict;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Observed;
import dev.berth.core.explain.Explanation.Reason;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Quantity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a node has, and lacks, of volumes for several claims that get theirs together. */
final class VolumesOnNode {
  private final ClusterView view;
  private final List<Observed<PersistentVolumeClaim>> claims;

  /**
   * @param claims in the order in which they are told
   */
  VolumesOnNode(ClusterView view, List<Observed<PersistentVolumeClaim>> claims) {
    this.view = view;
    this.claims = claims;
  }

  List<Observed<PersistentVolumeClaim>> claims() {
    return claims;
  }

  /** The volumes of the claim's class that pods on the node can use, the smallest first. */
  private List<VolumeVerdict> verdicts(Observed<PersistentVolumeClaim> claim, Node node) {
    var volumes = new ArrayList<Observed<PersistentVolume>>();
    for (var name : view.volumes().ofClass(claim.view().className())) {
      var volume = view.volume(name);
      if (volume != null
          && volume.view().reachableFrom(node.metadata().name(), node.metadata().labels())) {
        volumes.add(volume);
      }
    }
    volumes.sort(
        Comparator.<Observed<PersistentVolume>, Quantity>comparing(
                volume -> volume.view().storage())
            .thenComparing(Observed::key));
    return volumes.stream().map(volume -> VolumeVerdict.of(view, volume, claim)).toList();
  }

  /**
   * Volumes on the node for all of them, those with the least choice served first; null when that
   * is in nobody's hand.
   *
   * @param mayMake whether the node takes requests for volumes
   */
  @Nullable Cure cure(Node node, boolean mayMake) {
    var offers = new LinkedHashMap<Observed<PersistentVolumeClaim>, List<VolumeVerdict>>();
    for (var claim : claims) {
      offers.put(claim, verdicts(claim, node));
    }
    var cure = Cure.NOTHING;
    var taken = new HashSet<String>();
    var space = new HashMap<String, Long>();
    var order = new ArrayList<>(offers.keySet());
    order.sort(Comparator.comparingLong(claim -> fitting(offers.getOrDefault(claim, List.of()))));
    for (var claim : order) {
      var left =
          offers.getOrDefault(claim, List.of()).stream()
              .filter(verdict -> !taken.contains(verdict.volume().key().name()))
              .toList();
      var free = left.stream().filter(verdict -> verdict.refusals().isEmpty()).findFirst();
      if (free.isPresent()) {
        taken.add(free.get().volume().key().name());
      } else if (!(mayMake && Provisioning.canMake(view, claim.view(), node, space))) {
        var best = VolumeCures.best(view, left, claim, node);
        if (best != null) {
          best.remedies().forEach(remedy -> taken.add(remedy.key().name()));
        }
        cure = Cure.both(cure, best);
      }
    }
    return cure;
  }

  private static long fitting(List<VolumeVerdict> verdicts) {
    return verdicts.stream().filter(verdict -> verdict.refusals().isEmpty()).count();
  }

  /** What the node would have to make, and what it can. */
  List<Reason> spaceReasons(Node node, String rule, String message) {
    var reasons = new ArrayList<Reason>();
    for (var claim : claims) {
      var free = Provisioning.freeSpace(view, claim.view(), node);
      if (free != null) {
        reasons.add(
            new Reason(
                rule,
                "a volume of %s for claim %s".formatted(claim.view().request(), claim.key().name()),
                "%s free for class \"%s\", without what is being made"
                    .formatted(free, claim.view().className()),
                message));
      }
    }
    return reasons.isEmpty() ? List.of(new Reason(rule, "", "", message)) : reasons;
  }

  /** Volume by volume why the node has none for a claim. */
  List<Reason> reasons(Node node, String rule, String message) {
    var reasons = new ArrayList<Reason>();
    for (var claim : claims) {
      var verdicts = verdicts(claim, node);
      if (verdicts.isEmpty() && !Provisioning.canMake(view, claim.view(), node, new HashMap<>())) {
        reasons.add(
            new Reason(
                rule,
                "a volume of %s for claim %s".formatted(claim.view().request(), claim.key().name()),
                "none of class \"%s\" on this node".formatted(claim.view().className()),
                message));
      }
      for (var verdict : verdicts) {
        for (var against : verdict.refusals()) {
          reasons.add(
              new Reason(
                  rule,
                  "claim %s: %s".formatted(claim.key().name(), against.needed()),
                  "volume %s: %s".formatted(verdict.volume().key().name(), against.found()),
                  message));
        }
      }
    }
    if (reasons.isEmpty()) {
      reasons.add(
          new Reason(
              rule,
              "a volume for each of %d claims".formatted(claims.size()),
              "volumes that fit each of them, but not all at once",
              message));
    }
    return reasons;
  }
}
