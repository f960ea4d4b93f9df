package dev.berth.api.rest;

import dev.berth.core.binding.Undelete;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Patch;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Rejections;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WriteOptions;
import dev.berth.core.registry.Written;
import org.jspecify.annotations.Nullable;

/** Gives volumes back whose claims were deleted. */
final class VolumeUndeletion {
  /** How often it is judged anew because the volume changed meanwhile. */
  private static final int MOST_ATTEMPTS = 16;

  private final Resources resources;

  VolumeUndeletion(Resources resources) {
    this.resources = resources;
  }

  /**
   * @throws Rejection NotFound; Conflict when the volume cannot be given back, with the reason
   */
  Written undelete(String name, WriteOptions options) {
    for (var attempt = 1; ; attempt++) {
      var stored = resources.get(ResourceTypes.VOLUME, "", name);
      var volume = Json.view(stored.document(), PersistentVolume.class);
      switch (Undelete.of(volume, claimOf(volume))) {
        case Undelete.Refused(var why) ->
            throw Rejections.conflict(
                ResourceTypes.VOLUME, name, "the volume cannot be given back: " + why);
        case Undelete.Possible(var patch) -> {
          patch.withObject("metadata").put("resourceVersion", Long.toString(stored.revision()));
          try {
            return resources.patch(
                ResourceTypes.VOLUME,
                "",
                name,
                Resources.OBJECT,
                new Patch.MergePatch(patch),
                options);
          } catch (Rejection rejection) {
            if (rejection.status().code() != 409 || attempt == MOST_ATTEMPTS) {
              throw rejection;
            }
          }
        }
      }
    }
  }

  private @Nullable PersistentVolumeClaim claimOf(PersistentVolume volume) {
    var reference = volume.spec().claimRef();
    if (reference == null || reference.name().isEmpty()) {
      return null;
    }
    try {
      var stored = resources.get(ResourceTypes.CLAIM, reference.namespace(), reference.name());
      return Json.view(stored.document(), PersistentVolumeClaim.class);
    } catch (Rejection rejection) {
      if (rejection.status().code() == 404) {
        return null;
      }
      throw rejection;
    }
  }
}
