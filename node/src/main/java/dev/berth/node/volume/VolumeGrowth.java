package dev.berth.node.volume;

import dev.berth.core.model.Event;
import dev.berth.core.model.Json;
import dev.berth.core.model.ObjectReference;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Quantity;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.EventSink;
import dev.berth.core.registry.Patch;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WriteOptions;
import dev.berth.core.storage.StoredObject;
import dev.berth.node.plugin.Attempt;
import dev.berth.node.plugin.Growth;
import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.Problem;
import dev.berth.node.plugin.VolumeObjects;
import dev.berth.node.plugin.VolumePlugin;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes volumes larger for claims that wait for it, and says so on the claim: its capacity, or the
 * reason why it still waits in its condition {@code FileSystemResizePending}.
 */
final class VolumeGrowth {
  private static final Set<String> ENDED =
      Set.of(PersistentVolumeClaim.RESIZE_PENDING, PersistentVolumeClaim.RESIZING);
  private static final String INFEASIBLE = "NodeResizeInfeasible";
  private static final WriteOptions OPTIONS =
      new WriteOptions(false, "berth-node", WriteOptions.FieldValidation.IGNORE);

  private final Resources resources;
  private final EventSink events;
  private final VolumeObjects volumes;

  VolumeGrowth(Resources resources, EventSink events, VolumeObjects volumes) {
    this.resources = resources;
    this.events = events;
    this.volumes = volumes;
  }

  Attempt carryOut(VolumePlugin plugin, PodVolume wanted, GrowthRequest request)
      throws IOException, InterruptedException {
    var seen =
        volumes
            .find(request.volume())
            .filter(found -> found.volume().metadata().uid().equals(wanted.source().uid()));
    var claim = claim(request);
    if (seen.isEmpty() || claim.isEmpty()) {
      return Attempt.DONE;
    }
    var capacity = seen.get().volume().storage();
    if (capacity.ceiling() < request.bytes()) {
      return failed(
          request,
          "claim %s asks for %d bytes, the volume %s still offers %d"
              .formatted(request.claim(), request.bytes(), request.volume(), capacity.ceiling()));
    }
    return switch (plugin.grow(wanted, capacity.ceiling())) {
      case Growth.Grown() -> grown(request, claim.get(), capacity);
      case Growth.Later(var why) -> {
        waits(request, claim.get(), why + "; it is done when the volume is mounted next", false);
        yield Attempt.DONE;
      }
      case Growth.Failed(var why) -> {
        waits(request, claim.get(), why, true);
        yield failed(request, why);
      }
    };
  }

  private static Attempt failed(GrowthRequest request, String why) {
    return new Attempt.Failed(
        new Problem(
            Problem.Reason.GROWTH,
            "volume %s cannot be made larger yet: %s".formatted(request.volume(), why)),
        true);
  }

  private Optional<StoredObject> claim(GrowthRequest request) {
    try {
      return Optional.of(resources.get(ResourceTypes.CLAIM, request.namespace(), request.claim()))
          .filter(stored -> view(stored).metadata().uid().equals(request.claimUid()));
    } catch (Rejection rejection) {
      if (rejection.status().code() == 404) {
        return Optional.empty();
      }
      throw rejection;
    }
  }

  private static PersistentVolumeClaim view(StoredObject stored) {
    return Json.view(stored.document(), PersistentVolumeClaim.class);
  }

  private Attempt grown(GrowthRequest request, StoredObject claim, Quantity capacity) {
    var patch = ofVersion(claim);
    var status = patch.withObject("status");
    status.withObject("capacity").put("storage", capacity.toString());
    status.withObject("allocatedResourceStatuses").putNull("storage");
    var left = status.putArray("conditions");
    for (var condition : Json.parseObject(claim.document()).path("status").path("conditions")) {
      if (!ENDED.contains(Json.text(condition, "type"))) {
        left.add(condition);
      }
    }
    if (!applied(request, patch)) {
      return failed(request, "claim %s changed meanwhile".formatted(request.claim()));
    }
    tell(
        request,
        Event.NORMAL,
        "FileSystemResizeSuccessful",
        "volume %s has %s now".formatted(request.volume(), capacity));
    return Attempt.DONE;
  }

  /**
   * Says why it still waits, unless that was said.
   *
   * @param infeasible whether it may help to ask for less
   */
  private void waits(GrowthRequest request, StoredObject claim, String why, boolean infeasible) {
    var document = Json.parseObject(claim.document());
    var patch = ofVersion(claim);
    if (infeasible) {
      patch.withObject("status").withObject("allocatedResourceStatuses").put("storage", INFEASIBLE);
    }
    var conditions = patch.withObject("status").putArray("conditions");
    var news = false;
    for (var condition : document.path("status").path("conditions")) {
      if (condition instanceof ObjectNode pending
          && Json.text(pending, "type").equals(PersistentVolumeClaim.RESIZE_PENDING)) {
        news = !Json.text(pending, "message").equals(why);
        pending.put("message", why);
      }
      conditions.add(condition);
    }
    if (news && applied(request, patch)) {
      tell(request, Event.WARNING, Problem.Reason.GROWTH.text(), why);
    }
  }

  private void tell(GrowthRequest request, String type, String reason, String message) {
    events.record(
        new ObjectReference(
            "v1",
            "PersistentVolumeClaim",
            request.namespace(),
            request.claim(),
            request.claimUid(),
            null,
            null),
        type,
        reason,
        message);
  }

  private static ObjectNode ofVersion(StoredObject claim) {
    var patch = Json.object();
    patch.withObject("metadata").put("resourceVersion", Long.toString(claim.revision()));
    return patch;
  }

  /** False when the claim has changed or gone. */
  private boolean applied(GrowthRequest request, ObjectNode patch) {
    try {
      resources.patch(
          ResourceTypes.CLAIM,
          request.namespace(),
          request.claim(),
          Resources.STATUS,
          new Patch.MergePatch(patch),
          OPTIONS);
      return true;
    } catch (Rejection rejection) {
      if (rejection.isChangedOrGone()) {
        return false;
      }
      throw rejection;
    }
  }
}
