package dev.berth.core.explain;

import dev.berth.core.binding.BindingState;
import dev.berth.core.binding.MakerVerdict;
import dev.berth.core.binding.Provisioning;
import dev.berth.core.binding.Spread;
import dev.berth.core.binding.VolumeGroup;
import dev.berth.core.binding.VolumeMatcher;
import dev.berth.core.binding.VolumeVerdict;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Observed;
import dev.berth.core.control.VolumeIndex;
import dev.berth.core.explain.Explanation.Candidate;
import dev.berth.core.explain.Explanation.Reason;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.StorageClass;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Why a claim has no volume, or which it has. */
final class ClaimExplanation {

  /** Every decision waits while volumes are examined. */
  private static final int MOST_EXAMINED = 10_000;

  private static final Comparator<VolumeVerdict> LEAST_WANTING =
      Comparator.<VolumeVerdict>comparingInt(verdict -> verdict.refusals().size())
          .thenComparing(verdict -> verdict.volume().key());

  private final ClusterView view;
  private final Observed<PersistentVolumeClaim> claim;
  private final int limit;

  ClaimExplanation(ClusterView view, Observed<PersistentVolumeClaim> claim, int limit) {
    this.view = view;
    this.claim = claim;
    this.limit = limit;
  }

  Explanation explain() {
    if (claim.view().metadata().deleting()) {
      return deleting();
    }
    var group = claim.view().fullyBound() ? null : VolumeGroup.of(view, claim);
    if (group != null && group.why() != null) {
      return waiting(group.why(), null, "create the claims of the group, all with the same size");
    }
    return switch (BindingState.of(claim, view)) {
      case BindingState.Looking() ->
          group == null || group.waitsForPod(view)
              ? looking(group)
              : new GroupExplanation(view, group).explain(claim, limit);
      case BindingState.NamesMissing(var name) ->
          waiting(
              "it names the volume %s, which does not exist".formatted(name),
              cure(Set.of()),
              "create that volume, or create the claim again without spec.volumeName");
      case BindingState.NamesFree(var volume) -> named(new VolumeVerdict(volume, misfit(volume)));
      case BindingState.NamesOwn(var volume) -> named(new VolumeVerdict(volume, misfit(volume)));
      case BindingState.NamesForeign(var volume) ->
          waiting(
              "it names the volume %s, which belongs to claim %s"
                  .formatted(volume.key().name(), VolumeIndex.claimOf(volume.view())),
              null,
              "create the claim again with another spec.volumeName, or without");
      case BindingState.LostReference() ->
          waiting(
              "it was bound once, and names no volume any more",
              null,
              "delete the claim; its data is on the volume that it had");
      case BindingState.LostVolume(var name) ->
          waiting(
              "its volume %s is gone".formatted(name),
              null,
              "create the volume %s again for the same disk, or delete the claim".formatted(name));
      case BindingState.LostToOther(var volume) ->
          waiting(
              "its volume %s belongs to another claim now (%s)"
                  .formatted(volume.key().name(), VolumeIndex.claimOf(volume.view())),
              null,
              "delete the claim");
      case BindingState.Bound(var volume) ->
          Explanation.settled(
              claim.key(),
              "bound to volume %s (%s, class \"%s\")"
                  .formatted(
                      volume.key().name(), volume.view().storage(), volume.view().className()));
    };
  }

  private Explanation deleting() {
    var users =
        view.pods().using(claim.key()).stream()
            .map(view::pod)
            .filter(pod -> pod != null && !pod.view().finished())
            .map(pod -> pod.key().name())
            .sorted()
            .toList();
    return users.isEmpty()
        ? Explanation.settled(claim.key(), "it is being deleted")
        : waiting(
            "it is being deleted, and stays as long as pods use it: " + String.join(", ", users),
            null,
            "delete these pods");
  }

  private List<VolumeVerdict.Refusal> misfit(Observed<PersistentVolume> volume) {
    return VolumeVerdict.of(view, volume, claim, Spread.of(view, claim)).refusals().stream()
        .filter(
            refusal ->
                switch (refusal.rule()) {
                  // Whoever names a volume gets it all the same.
                  case PHASE, TAKEN, SELECTOR, CORDONED, SPREAD -> false;
                  case DELETING,
                      DIRTY,
                      STORAGE_CLASS,
                      ATTRIBUTES_CLASS,
                      VOLUME_MODE,
                      ACCESS_MODES,
                      SIZE ->
                      true;
                })
        .toList();
  }

  private Explanation named(VolumeVerdict verdict) {
    var name = verdict.volume().key().name();
    return new Explanation(
        claim.key(),
        true,
        verdict.refusals().isEmpty()
            ? "it is being bound to volume " + name
            : "it names the volume %s, which does not fit".formatted(name),
        needed(),
        List.of(candidate(verdict)),
        0,
        List.of(),
        verdict.refusals().isEmpty()
            ? ""
            : "create the claim again with another volume, or as it is");
  }

  private Explanation waiting(String summary, @Nullable Cure cure, String advice) {
    return Explanation.waiting(
        claim.key(), summary, cure == null ? List.of() : cure.remedies(), advice);
  }

  private Explanation looking(@Nullable VolumeGroup group) {
    var type = view.storageClass(claim.view().className());
    if (group != null
        || (type != null && type.view().delayed() && VolumeMatcher.reserved(view, claim) == null)) {
      return delayed(group == null ? List.of(claim) : group.open());
    }
    var maker = Provisioning.maker(view, claim.view());
    if (maker != null) {
      return making(maker.view());
    }
    var external = Provisioning.external(view, claim.view());
    if (external != null) {
      return waiting(
          "waiting for the provisioner %s to make a volume"
              .formatted(external.view().provisioner()),
          null,
          "look at the claim's events, and at the provisioner");
    }
    var verdicts = verdicts();
    var cure = cure(Set.of());
    var fitting = verdicts.stream().filter(verdict -> verdict.refusals().isEmpty()).findFirst();
    return new Explanation(
        claim.key(),
        true,
        fitting.isPresent()
            ? "it is being bound to volume " + fitting.get().volume().key().name()
            : "none of %d volumes of class \"%s\" fits%s"
                .formatted(verdicts.size(), claim.view().className(), nobodyMakesOne(type)),
        needed(),
        verdicts.stream().limit(limit).map(ClaimExplanation::candidate).toList(),
        Math.max(0, verdicts.size() - limit),
        fitting.isPresent() || cure == null ? List.of() : cure.remedies(),
        fitting.isPresent() ? "" : cure == null ? otherwise() : cure.text());
  }

  private String nobodyMakesOne(@Nullable Observed<StorageClass> type) {
    if (type == null) {
      return claim.view().className().isEmpty()
          ? ""
          : ", and there is no such class that would make one";
    }
    return Provisioning.isUnserved(type.view())
        ? ", and the class's provisioner %s does not exist".formatted(type.view().provisioner())
        : "";
  }

  private String otherwise() {
    var spread = Spread.of(view, claim);
    return spread.matters()
        ? "create a volume that fits on a node of another %s than those of the claims with %s=%s"
            .formatted(
                spread.own(), PersistentVolumeClaim.VOLUME_SPREAD, claim.view().volumeSpread())
        : "create a volume that fits";
  }

  /** A node is asked to make its volume, or none can be. */
  private Explanation making(StorageClass type) {
    var underWay = Provisioning.underWay(view, claim);
    if (underWay != null) {
      return waiting(
          Provisioning.progress(underWay.view()),
          null,
          "look at the claim's events, and at that node");
    }
    var nodes = new ArrayList<>(MakerVerdict.all(view, claim, type));
    nodes.sort(
        Comparator.<MakerVerdict>comparingInt(verdict -> verdict.refusals().size())
            .thenComparing(verdict -> verdict.node().key()));
    var poolless = MissingPool.advice(view, List.of(claim));
    var fits = !nodes.isEmpty() && nodes.getFirst().refusals().isEmpty();
    return new Explanation(
        claim.key(),
        true,
        fits
            ? "node %s is being asked to make its volume"
                .formatted(nodes.getFirst().node().key().name())
            : "none of %d nodes can make its volume".formatted(nodes.size()),
        needed(),
        nodes.stream().limit(limit).map(ClaimExplanation::candidate).toList(),
        Math.max(0, nodes.size() - limit),
        List.of(),
        fits
            ? ""
            : poolless != null
                ? poolless
                : "make room on a node (or uncordon it), ask for less, or create a volume of class \"%s\" that fits"
                    .formatted(claim.view().className()));
  }

  private static Candidate candidate(MakerVerdict verdict) {
    return new Candidate(
        "Node",
        verdict.node().key().name(),
        verdict.refusals().stream()
            .map(refusal -> reason(refusal.rule(), refusal.needed(), refusal.found()))
            .toList());
  }

  /**
   * @param together the claims that get their volumes with the node of any pod that uses one
   */
  private Explanation delayed(List<Observed<PersistentVolumeClaim>> together) {
    var users =
        together.stream()
            .flatMap(each -> view.pods().using(each.key()).stream())
            .distinct()
            .map(view::pod)
            .filter(pod -> pod != null && isWaiting(pod.view()))
            .sorted(Comparator.comparing(pod -> pod.key()))
            .toList();
    var verdicts = verdicts();
    if (users.isEmpty()) {
      return new Explanation(
          claim.key(),
          true,
          together.size() == 1
              ? "it gets its volume together with the node of its first pod, and no pod uses it yet"
              : "its group gets its volumes together with the node of the first pod that uses one"
                  + " of its claims, and no pod uses it yet",
          needed(),
          verdicts.stream().limit(limit).map(ClaimExplanation::candidate).toList(),
          Math.max(0, verdicts.size() - limit),
          List.of(),
          "create a pod that uses it");
    }
    var pod = users.getFirst();
    var its = new PodExplanation(view, pod, 0).explain();
    return new Explanation(
        claim.key(),
        true,
        "it gets its volume together with the node of pod %s: %s"
            .formatted(pod.key().name(), its.summary()),
        needed(),
        verdicts.stream().limit(limit).map(ClaimExplanation::candidate).toList(),
        Math.max(0, verdicts.size() - limit),
        its.changes(),
        its.advice());
  }

  /**
   * What would give the claim a volume of its own at once; nothing when one is there, null when
   * that is in nobody's hand.
   *
   * @param taken volumes that others get
   */
  @Nullable Cure cure(Set<String> taken) {
    return switch (BindingState.of(claim, view)) {
      case BindingState.Looking() -> {
        var group = VolumeGroup.of(view, claim);
        if (group != null) {
          yield group.why() == null ? new GroupExplanation(view, group).cure() : null;
        }
        if (Provisioning.maker(view, claim.view()) != null
            || Provisioning.external(view, claim.view()) != null) {
          yield null;
        }
        var left =
            verdicts().stream()
                .filter(verdict -> !taken.contains(verdict.volume().key().name()))
                .toList();
        yield left.stream().anyMatch(verdict -> verdict.refusals().isEmpty())
            ? Cure.NOTHING
            : VolumeCures.best(view, left, claim, null);
      }
      case BindingState.NamesMissing(var name) -> VolumeCures.newVolume(view, claim, null, name);
      case BindingState.NamesFree _,
          BindingState.NamesOwn _,
          BindingState.NamesForeign _,
          BindingState.LostReference _,
          BindingState.LostVolume _,
          BindingState.LostToOther _,
          BindingState.Bound _ ->
          null;
    };
  }

  private static boolean isWaiting(Pod pod) {
    return pod.nodeName().isEmpty() && !pod.finished() && !pod.metadata().deleting();
  }

  private List<String> needed() {
    var wanted = claim.view();
    var needed = new ArrayList<String>();
    needed.add("size " + wanted.request());
    needed.add("access modes " + String.join(", ", wanted.spec().accessModes()));
    needed.add("class \"" + wanted.className() + "\"");
    needed.add("volume mode " + (wanted.block() ? "Block" : "Filesystem"));
    return needed;
  }

  /** Of the volumes of its class and those that name it, the least wanting first. */
  private List<VolumeVerdict> verdicts() {
    var names = new TreeSet<>(view.volumes().ofClass(claim.view().className()));
    names.addAll(view.volumes().naming(claim.key()));
    var spread = Spread.of(view, claim);
    var verdicts = new ArrayList<VolumeVerdict>();
    for (var name : names) {
      var volume = view.volume(name);
      if (volume != null && verdicts.size() < MOST_EXAMINED) {
        verdicts.add(VolumeVerdict.of(view, volume, claim, spread));
      }
    }
    verdicts.sort(LEAST_WANTING);
    return verdicts;
  }

  private static Candidate candidate(VolumeVerdict verdict) {
    return new Candidate(
        "PersistentVolume",
        verdict.volume().key().name(),
        verdict.refusals().stream()
            .map(refusal -> reason(refusal.rule(), refusal.needed(), refusal.found()))
            .toList());
  }

  private static Reason reason(Enum<?> rule, String needed, String found) {
    return new Reason(
        rule.name().toLowerCase(Locale.ROOT).replace('_', '-'),
        needed,
        found,
        "needs %s, found %s".formatted(needed, found));
  }
}
