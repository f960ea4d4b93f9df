package dev.berth.node.volume;

import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.VolumeId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Decides what to do next about the volumes of a node: a function of the desired world, the actual
 * world and the time.
 *
 * <p>Rules, in their order:
 *
 * <ol>
 *   <li>Nothing is taken away before the desired world was read whole.
 *   <li>A volume leaves a pod when the pod neither wants nor holds anything (so that none of its
 *       containers runs); it leaves the node when no pod has it, surely or perhaps, and no pod
 *       wants it.
 *   <li>A volume is prepared for the node once its use was told to the world ({@code
 *       volumesInUse}), and shown to a pod once it is prepared. What is uncertain is not there.
 *   <li>A volume is wiped, or its storage removed, when no pod wants it and nothing of it is there.
 *   <li>A volume grows once for each wish while it is there for a pod, and again when it is
 *       prepared anew.
 *   <li>One operation per volume at a time; one that failed waits, and one that was asked for and
 *       done is not done again before whoever asked can have seen it.
 * </ol>
 */
final class NodeReconciler {

  /**
   * What to do.
   *
   * @param start operations to begin now, those that take away first
   * @param inUse what the node's status has to say
   * @param report the number of the report that says it
   * @param wake when to decide again although nothing happened
   */
  record Decision(
      List<VolumeOperation> start, Set<VolumeId> inUse, long report, Optional<Instant> wake) {

    /** The same, to be decided again by {@code moment} at the latest. */
    Decision wakeBy(Optional<Instant> moment) {
      var earlier = moment.filter(at -> wake.isEmpty() || at.isBefore(wake.get()));
      return earlier.isPresent() ? new Decision(start, inUse, report, earlier) : this;
    }
  }

  private final DesiredVolumes desired;
  private final ActualVolumes actual;
  private final Predicate<VolumeId> stages;
  private final Instant now;
  private final List<VolumeOperation> start = new ArrayList<>();
  private final Set<VolumeId> taken = new HashSet<>();
  private Optional<Instant> wake = Optional.empty();

  private NodeReconciler(
      DesiredVolumes desired, ActualVolumes actual, Predicate<VolumeId> stages, Instant now) {
    this.desired = desired;
    this.actual = actual;
    this.stages = stages;
    this.now = now;
  }

  /**
   * @param stages whether volumes of this kind are prepared for the node before pods get them
   */
  static Decision decide(
      DesiredVolumes desired, ActualVolumes actual, Predicate<VolumeId> stages, Instant now) {
    return new NodeReconciler(desired, actual, stages, now).decide();
  }

  private Decision decide() {
    var wanted = desired.wanted();
    if (desired.complete()) {
      unpublish();
      unstage(wanted);
    }
    wanted.forEach(this::mount);
    grow(wanted);
    if (desired.complete()) {
      wipe(wanted);
    }
    provision(wanted);
    var inUse = inUse(wanted);
    return new Decision(List.copyOf(start), inUse, desired.reports().ask(inUse), wake);
  }

  private void unpublish() {
    for (var entry : actual.published()) {
      if (!desired.demanded(entry.volume().pod().uid())) {
        consider(new VolumeOperation.Unpublish(entry.volume()));
      }
    }
  }

  private void unstage(List<PodVolume> wanted) {
    var lives = new HashMap<VolumeId, Set<String>>();
    for (var volume : wanted) {
      lives.computeIfAbsent(volume.id(), _ -> new HashSet<>()).add(volume.source().uid());
    }
    for (var entry : actual.staged()) {
      var id = entry.volume().id();
      var needed = lives.getOrDefault(id, Set.of()).stream().anyMatch(entry::mayBe);
      if (!needed && !actual.publishedAnywhere(id)) {
        consider(new VolumeOperation.Unstage(entry.volume()));
      }
    }
  }

  private void mount(PodVolume volume) {
    if (volume.alone() && actual.publishedToOther(volume.id(), volume.pod().uid()).isPresent()) {
      return;
    }
    if (stages.test(volume.id())) {
      var staged = actual.staged(volume.id());
      var otherLife = staged.isPresent() && !staged.get().mayBe(volume.source().uid());
      if (otherLife || !desired.reports().told(volume.id())) {
        return;
      }
      if (staged.isEmpty() || staged.get().state() instanceof MountState.Uncertain) {
        consider(new VolumeOperation.Stage(volume));
        return;
      }
    }
    var published = actual.published(volume.published().key());
    if (published.isEmpty() || published.get().state() instanceof MountState.Uncertain) {
      consider(new VolumeOperation.Publish(volume));
      return;
    }
    var content = volume.source().content();
    if (!content.isEmpty() && !content.equals(published.get().content())) {
      consider(new VolumeOperation.Refresh(volume));
    }
  }

  private void wipe(List<PodVolume> wanted) {
    for (var request : desired.wipes()) {
      if (!used(request.id(), wanted)) {
        consider(new VolumeOperation.Wipe(request));
      }
    }
  }

  private boolean used(VolumeId id, List<PodVolume> wanted) {
    return actual.staged(id).isPresent()
        || actual.publishedAnywhere(id)
        || wanted.stream().anyMatch(volume -> volume.id().equals(id));
  }

  private void provision(List<PodVolume> wanted) {
    for (var request : desired.provisions()) {
      if (!request.removal() || (desired.complete() && !used(request.id(), wanted))) {
        consider(new VolumeOperation.Provision(request));
      }
    }
  }

  private void grow(List<PodVolume> wanted) {
    for (var request : desired.growths()) {
      wanted.stream()
          .filter(volume -> volume.id().name().equals(request.volume()) && there(volume))
          .filter(volume -> !actual.grown(volume.id(), request))
          .findFirst()
          .ifPresent(volume -> consider(new VolumeOperation.Grow(volume, request)));
    }
  }

  private boolean there(PodVolume volume) {
    return stages.test(volume.id())
        && actual
            .staged(volume.id())
            .filter(entry -> entry.state() instanceof MountState.Mounted)
            .filter(entry -> entry.volume().uid().equals(volume.source().uid()))
            .isPresent()
        && actual
            .published(volume.published().key())
            .filter(entry -> entry.state() instanceof MountState.Mounted)
            .isPresent();
  }

  /** Everything that is there for the node, or may be, or is about to be. */
  private Set<VolumeId> inUse(List<PodVolume> wanted) {
    var inUse = new HashSet<VolumeId>();
    actual.staged().forEach(entry -> inUse.add(entry.volume().id()));
    wanted.stream().map(PodVolume::id).filter(stages).forEach(inUse::add);
    return inUse;
  }

  private void consider(VolumeOperation operation) {
    if (!actual.idle(operation.volume()) || taken.contains(operation.volume())) {
      return;
    }
    var notBefore = actual.notBefore(operation);
    if (notBefore.isAfter(now)) {
      wake = Optional.of(wake.filter(notBefore::isAfter).orElse(notBefore));
      return;
    }
    taken.add(operation.volume());
    start.add(operation);
  }
}
