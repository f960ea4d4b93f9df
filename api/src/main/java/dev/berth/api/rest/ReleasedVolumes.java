package dev.berth.api.rest;

import dev.berth.core.binding.Release;
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
import tools.jackson.databind.node.ObjectNode;

/** What can be done with volumes whose claims were deleted. */
final class ReleasedVolumes {
  /** How often it is judged anew because the volume changed meanwhile. */
  private static final int MOST_ATTEMPTS = 16;

  private final Resources resources;

  ReleasedVolumes(Resources resources) {
    this.resources = resources;
  }

  /** What is to become of a volume. */
  private interface Judge {
    /**
     * @return the merge patch that does it
     * @throws Rejection when it cannot be
     */
    ObjectNode judge(PersistentVolume volume);
  }

  /**
   * Gives it back to a claim of the name that it had.
   *
   * @throws Rejection NotFound; Conflict when the volume cannot be given back, with the reason
   */
  Written undelete(String name, WriteOptions options) {
    return change(
        name,
        options,
        volume ->
            switch (Undelete.of(volume, claimOf(volume))) {
              case Undelete.Refused(var why) ->
                  throw refused(name, "the volume cannot be given back: " + why);
              case Undelete.Possible(var patch) -> patch;
            });
  }

  /**
   * Makes it available to any claim.
   *
   * @param withData whether that claim may get what the former one left
   * @throws Rejection NotFound; Conflict when the volume cannot be released, with the reason
   */
  Written release(String name, boolean withData, WriteOptions options) {
    return change(
        name,
        options,
        volume ->
            switch (Release.of(volume, withData)) {
              case Release.Refused(var why) ->
                  throw refused(name, "the volume cannot be released: " + why);
              case Release.Possible(var patch) -> patch;
            });
  }

  private static Rejection refused(String name, String why) {
    return Rejections.conflict(ResourceTypes.VOLUME, name, why);
  }

  private Written change(String name, WriteOptions options, Judge judge) {
    for (var attempt = 1; ; attempt++) {
      var stored = resources.get(ResourceTypes.VOLUME, "", name);
      var patch = judge.judge(Json.view(stored.document(), PersistentVolume.class));
      patch.withObject("metadata").put("resourceVersion", Long.toString(stored.revision()));
      try {
        return resources.patch(
            ResourceTypes.VOLUME, "", name, Resources.OBJECT, new Patch.MergePatch(patch), options);
      } catch (Rejection rejection) {
        if (rejection.status().code() != 409 || attempt == MOST_ATTEMPTS) {
          throw rejection;
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
