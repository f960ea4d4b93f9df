package dev.berth.node.volume;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.Event;
import dev.berth.core.model.Json;
import dev.berth.core.model.ObjectReference;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.StorageClass;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.registry.EventSink;
import dev.berth.core.registry.ListOptions;
import dev.berth.core.registry.Patch;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WriteOptions;
import dev.berth.core.storage.StoredObject;
import dev.berth.node.disk.FormatAnyway;
import dev.berth.node.plugin.VolumeObjects;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** The PersistentVolumes in the API. */
final class ApiVolumeObjects implements VolumeObjects {
  private static final WriteOptions OPTIONS =
      new WriteOptions(false, "berth-node", WriteOptions.FieldValidation.IGNORE);

  private final Resources resources;
  private final EventSink events;

  ApiVolumeObjects(Resources resources, EventSink events) {
    this.resources = resources;
    this.events = events;
  }

  @Override
  public Optional<Seen> find(String name) {
    return read(ResourceTypes.VOLUME, name)
        .map(
            stored ->
                new Seen(
                    Json.view(stored.document(), PersistentVolume.class),
                    Long.toString(stored.revision())));
  }

  @Override
  public Map<String, String> classParameters(String className) {
    return read(ResourceTypes.CLASS, className)
        .map(stored -> Json.view(stored.document(), StorageClass.class).parameters())
        .orElse(Map.of());
  }

  @Override
  public boolean growthPending(Seen seen) {
    var claim = seen.volume().spec().claimRef();
    return claim != null
        && read(ResourceTypes.CLAIM, claim.namespace(), claim.name())
            .map(stored -> Json.view(stored.document(), PersistentVolumeClaim.class))
            .filter(found -> found.metadata().uid().equals(claim.uid()))
            .filter(PersistentVolumeClaim::resizePending)
            .isPresent();
  }

  private Optional<StoredObject> read(ResourceType type, String name) {
    return read(type, "", name);
  }

  private Optional<StoredObject> read(ResourceType type, String namespace, String name) {
    try {
      return Optional.of(resources.get(type, namespace, name));
    } catch (Rejection rejection) {
      if (rejection.status().code() == 404) {
        return Optional.empty();
      }
      throw rejection;
    }
  }

  @Override
  public boolean recordFsUuid(Seen seen, String fsUuid) {
    var patch = ofVersion(seen);
    patch
        .withObject("metadata")
        .withObject("annotations")
        .put(FS_UUID, fsUuid)
        .putNull(FormatAnyway.ANNOTATION);
    return applied(seen, Resources.OBJECT, patch);
  }

  @Override
  public List<PersistentVolume> all() {
    return volumes().toList();
  }

  @Override
  public List<String> ownersOf(String fsUuid) {
    return volumes()
        .filter(
            volume ->
                fsUuid.equalsIgnoreCase(volume.metadata().uid())
                    || fsUuid.equalsIgnoreCase(volume.metadata().annotations().get(FS_UUID)))
        .map(volume -> volume.metadata().name())
        .toList();
  }

  @Override
  public Set<String> uids() {
    return volumes().map(volume -> volume.metadata().uid()).collect(Collectors.toSet());
  }

  private Stream<PersistentVolume> volumes() {
    return resources.list(ResourceTypes.VOLUME, null, ListOptions.ALL).objects().stream()
        .map(stored -> Json.view(stored.document(), PersistentVolume.class));
  }

  @Override
  public boolean reportWiped(Seen seen, long generation, boolean used) {
    var patch = ofVersion(seen);
    var annotations = patch.withObject("metadata").withObject("annotations");
    annotations.put(
        WipeProtocol.WIPE, used ? WipeProtocol.done(generation) : WipeProtocol.unused(generation));
    annotations.putNull(FS_UUID);
    annotations.putNull(WipeProtocol.WIPE_PROGRESS);
    // Given for this life of the volume, and not spent in it.
    annotations.putNull(FormatAnyway.ANNOTATION);
    return applied(seen, Resources.OBJECT, patch);
  }

  @Override
  public void reportWipeState(Seen seen, String message) {
    var patch = Json.object();
    patch.withObject("metadata").put("uid", seen.volume().metadata().uid());
    if (message.isEmpty()) {
      patch.withObject("status").putNull("message");
    } else {
      patch.withObject("status").put("message", message);
    }
    // Somebody else may have changed the volume: then the message is of no interest any more.
    applied(seen, Resources.STATUS, patch);
  }

  @Override
  public void reportWipeProgress(Seen seen, String progress) {
    var patch = ofVersion(seen);
    patch
        .withObject("metadata")
        .withObject("annotations")
        .put(WipeProtocol.WIPE_PROGRESS, progress);
    // When it has changed in between, the next report comes soon.
    applied(seen, Resources.OBJECT, patch);
  }

  @Override
  public boolean reportProvision(Seen seen, String answer) {
    var patch = ofVersion(seen);
    patch.withObject("metadata").withObject("annotations").put(ProvisionProtocol.PROVISION, answer);
    return applied(seen, Resources.OBJECT, patch);
  }

  @Override
  public void tell(Seen seen, String reason, String message) {
    var metadata = seen.volume().metadata();
    events.record(
        new ObjectReference(
            "v1", "PersistentVolume", "", metadata.name(), metadata.uid(), null, null),
        Event.NORMAL,
        reason,
        message);
  }

  private static ObjectNode ofVersion(Seen seen) {
    var patch = Json.object();
    patch.withObject("metadata").put("resourceVersion", seen.resourceVersion());
    return patch;
  }

  /** False when the volume is another one, or has changed. */
  private boolean applied(Seen seen, String subresource, ObjectNode patch) {
    try {
      resources.patch(
          ResourceTypes.VOLUME,
          "",
          seen.volume().metadata().name(),
          subresource,
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
