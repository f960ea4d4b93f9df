package dev.berth.node.volume;

import dev.berth.core.binding.Cordon;
import dev.berth.core.model.Event;
import dev.berth.core.model.Json;
import dev.berth.core.model.ObjectReference;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.EventSink;
import dev.berth.core.registry.Patch;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WriteOptions;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Says whether disks are in order: a condition on the volume, which keeps it from new claims, and
 * the same on the claim that has it; events on both and on the node whenever that changes.
 */
final class HealthReports {
  private static final WriteOptions OPTIONS =
      new WriteOptions(false, "berth-node", WriteOptions.FieldValidation.IGNORE);

  private static final String FAILING = "DiskFailing";
  private static final String RECOVERED = "DiskRecovered";

  private final Resources resources;
  private final EventSink events;
  private final Supplier<ObjectReference> node;
  private final InstantSource clock;

  HealthReports(
      Resources resources, EventSink events, Supplier<ObjectReference> node, InstantSource clock) {
    this.resources = resources;
    this.events = events;
    this.node = node;
    this.clock = clock;
  }

  /** What the volume says now. */
  static Optional<DiskVerdict> said(PersistentVolume volume) {
    return Cordon.ofDisk(volume).map(DiskVerdict::of);
  }

  /** Says what was found, unless that was said. */
  void tell(PersistentVolume volume, DiskVerdict verdict) {
    var metadata = volume.metadata();
    var before = said(volume);
    if (!before.equals(Optional.of(verdict))) {
      write(ResourceTypes.VOLUME, "", metadata.name(), metadata.uid(), verdict, before);
    }
    var news =
        before.isEmpty()
            || before.get().healthy() != verdict.healthy()
            || !before.get().reason().equals(verdict.reason());
    if (news) {
      event(reference("PersistentVolume", "", metadata.name(), metadata.uid()), volume, verdict);
      event(node.get(), volume, verdict);
    }
    claim(volume).ifPresent(claim -> tell(volume, claim, verdict));
  }

  private void tell(PersistentVolume volume, PersistentVolumeClaim claim, DiskVerdict verdict) {
    var metadata = claim.metadata();
    var before =
        claim.status().conditions().stream()
            .filter(condition -> condition.type().equals(Cordon.DISK_HEALTHY))
            .map(DiskVerdict::of)
            .findFirst();
    if (before.equals(Optional.of(verdict)) || (before.isEmpty() && verdict.healthy())) {
      return;
    }
    write(
        ResourceTypes.CLAIM,
        metadata.namespace(),
        metadata.name(),
        metadata.uid(),
        verdict,
        before);
    if (before.map(DiskVerdict::reason).filter(verdict.reason()::equals).isEmpty()) {
      event(
          reference("PersistentVolumeClaim", metadata.namespace(), metadata.name(), metadata.uid()),
          volume,
          verdict);
    }
  }

  private Optional<PersistentVolumeClaim> claim(PersistentVolume volume) {
    var reference = volume.spec().claimRef();
    if (reference == null || reference.uid().isEmpty()) {
      return Optional.empty();
    }
    try {
      var stored = resources.get(ResourceTypes.CLAIM, reference.namespace(), reference.name());
      return Optional.of(Json.view(stored.document(), PersistentVolumeClaim.class))
          .filter(claim -> claim.metadata().uid().equals(reference.uid()));
    } catch (Rejection rejection) {
      if (rejection.status().code() == 404) {
        return Optional.empty();
      }
      throw rejection;
    }
  }

  private void write(
      ResourceType type,
      String namespace,
      String name,
      String uid,
      DiskVerdict verdict,
      Optional<DiskVerdict> before) {
    var patch = Json.object();
    patch.withObject("metadata").put("uid", uid);
    var condition = patch.withObject("status").putArray("conditions").addObject();
    condition
        .put("type", Cordon.DISK_HEALTHY)
        .put("status", verdict.healthy() ? "True" : "False")
        .put("reason", verdict.reason())
        .put("message", verdict.message());
    if (before.isEmpty() || before.get().healthy() != verdict.healthy()) {
      condition.put(
          "lastTransitionTime", clock.instant().truncatedTo(ChronoUnit.SECONDS).toString());
    }
    try {
      resources.patch(
          type, namespace, name, Resources.STATUS, new Patch.StrategicPatch(patch), OPTIONS);
    } catch (Rejection rejection) {
      // Gone, or another one by now: there is nothing to be said about it.
      if (!rejection.isChangedOrGone()) {
        throw rejection;
      }
    }
  }

  private void event(ObjectReference about, PersistentVolume volume, DiskVerdict verdict) {
    var cordon =
        volume.metadata().annotations().containsKey(Cordon.ANNOTATION)
            ? ""
            : "; the volume is not offered to new claims";
    events.record(
        about,
        verdict.healthy() ? Event.NORMAL : Event.WARNING,
        verdict.healthy() ? RECOVERED : FAILING,
        verdict.healthy()
            ? "the disk of volume %s: %s".formatted(volume.metadata().name(), verdict.message())
            : "the disk of volume %s is failing (%s): %s%s"
                .formatted(volume.metadata().name(), verdict.reason(), verdict.message(), cordon));
  }

  private static ObjectReference reference(String kind, String namespace, String name, String uid) {
    return new ObjectReference("v1", kind, namespace, name, uid, null, null);
  }
}
