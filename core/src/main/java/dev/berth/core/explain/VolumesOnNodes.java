package dev.berth.core.explain;

import dev.berth.core.binding.MakerVerdict;
import dev.berth.core.binding.Provisioning;
import dev.berth.core.binding.Spread;
import dev.berth.core.binding.VolumeVerdict;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Observed;
import dev.berth.core.control.VolumePool;
import dev.berth.core.explain.Explanation.Reason;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Quantity;
import dev.berth.core.storage.ObjectKey;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What nodes have, and lack, of volumes for several claims that get theirs together. Of the volumes
 * that are tied to hosts only those of the nodes that are asked about are judged, and each volume
 * once for each claim: every decision waits meanwhile.
 */
final class VolumesOnNodes {
  private static final Comparator<VolumeVerdict> SMALLEST =
      Comparator.<VolumeVerdict, Quantity>comparing(verdict -> verdict.volume().view().storage())
          .thenComparing(verdict -> verdict.volume().key());

  /** So many volumes are named for each claim that a node has none for. */
  private static final int MOST_NAMED = 20;

  private final ClusterView view;
  private final List<Observed<PersistentVolumeClaim>> claims;
  private final Map<ObjectKey, Offer> offers = new HashMap<>();

  /** The volumes of a claim's class: those that are tied to hosts by name, by host, and others. */
  private final class Offer {
    private final Observed<PersistentVolumeClaim> claim;
    private final Spread spread;
    private final Map<String, List<Observed<PersistentVolume>>> tied = new HashMap<>();
    private final List<VolumeVerdict> others = new ArrayList<>();
    private final Map<String, List<VolumeVerdict>> judged = new HashMap<>();

    Offer(Observed<PersistentVolumeClaim> claim) {
      this.claim = claim;
      this.spread = Spread.of(view, claim);
      for (var name : view.volumes().ofClass(claim.view().className())) {
        var volume = view.volume(name);
        if (volume != null) {
          add(volume);
        }
      }
    }

    private void add(Observed<PersistentVolume> volume) {
      var hosts = VolumePool.hosts(volume.view());
      if (hosts == null) {
        others.add(judge(volume));
      } else {
        hosts.forEach(host -> tied.computeIfAbsent(host, absent -> new ArrayList<>()).add(volume));
      }
    }

    private VolumeVerdict judge(Observed<PersistentVolume> volume) {
      return VolumeVerdict.of(view, volume, claim, spread);
    }

    List<VolumeVerdict> of(String host) {
      return judged.computeIfAbsent(
          host, key -> tied.getOrDefault(key, List.of()).stream().map(this::judge).toList());
    }
  }

  /**
   * @param claims in the order in which they are told
   */
  VolumesOnNodes(ClusterView view, List<Observed<PersistentVolumeClaim>> claims) {
    this.view = view;
    this.claims = List.copyOf(claims);
  }

  List<Observed<PersistentVolumeClaim>> claims() {
    return claims;
  }

  /** The volumes of the claim's class that pods on the node can use, the smallest first. */
  private List<VolumeVerdict> verdicts(Observed<PersistentVolumeClaim> claim, Node node) {
    var offer = offers.computeIfAbsent(claim.key(), key -> new Offer(claim));
    var labels = node.metadata().labels();
    var found = new ArrayList<>(offer.of(labels.getOrDefault(Node.HOSTNAME_LABEL, "")));
    found.addAll(offer.others);
    found.removeIf(
        verdict -> !verdict.volume().view().reachableFrom(node.metadata().name(), labels));
    found.sort(SMALLEST);
    return found;
  }

  /**
   * Volumes on the node for all of them, those with the least choice served first; null when that
   * is in nobody's hand.
   *
   * @param mayMake whether the node takes requests for volumes
   */
  @Nullable Cure cure(Node node, boolean mayMake) {
    var choices = new LinkedHashMap<Observed<PersistentVolumeClaim>, List<VolumeVerdict>>();
    for (var claim : claims) {
      choices.put(claim, verdicts(claim, node));
    }
    var cure = Cure.NOTHING;
    var taken = new HashSet<String>();
    var space = new HashMap<String, Long>();
    var order = new ArrayList<>(choices.keySet());
    order.sort(Comparator.comparingLong(claim -> fitting(choices.getOrDefault(claim, List.of()))));
    for (var claim : order) {
      var left =
          choices.getOrDefault(claim, List.of()).stream()
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

  /** Volume by volume why the node has none for a claim, and why it makes none. */
  List<Reason> reasons(Node node, String rule, String message) {
    var reasons = new ArrayList<Reason>();
    for (var claim : claims) {
      var verdicts = new ArrayList<>(verdicts(claim, node));
      var maker = Provisioning.maker(view, claim.view());
      if (maker != null) {
        for (var against : MakerVerdict.unable(view, claim.view(), maker.view(), node)) {
          reasons.add(
              new Reason(
                  rule,
                  "claim %s: %s".formatted(claim.key().name(), against.needed()),
                  "a new volume: " + against.found(),
                  message));
        }
      } else if (verdicts.isEmpty()) {
        reasons.add(
            new Reason(
                rule,
                "a volume of %s for claim %s".formatted(claim.view().request(), claim.key().name()),
                "none of class \"%s\" on this node".formatted(claim.view().className()),
                message));
      }
      verdicts.removeIf(verdict -> verdict.refusals().isEmpty());
      // Of equals the order stays: the smallest first.
      verdicts.sort(Comparator.comparingInt(verdict -> verdict.refusals().size()));
      for (var verdict : verdicts.subList(0, Math.min(MOST_NAMED, verdicts.size()))) {
        for (var against : verdict.refusals()) {
          reasons.add(
              new Reason(
                  rule,
                  "claim %s: %s".formatted(claim.key().name(), against.needed()),
                  "volume %s: %s".formatted(verdict.volume().key().name(), against.found()),
                  message));
        }
      }
      if (verdicts.size() > MOST_NAMED) {
        reasons.add(
            new Reason(
                rule,
                "claim %s: a volume that it can have".formatted(claim.key().name()),
                "%d more volumes that it cannot have".formatted(verdicts.size() - MOST_NAMED),
                message));
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
