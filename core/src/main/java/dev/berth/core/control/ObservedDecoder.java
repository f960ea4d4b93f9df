package dev.berth.core.control;

import dev.berth.core.model.ApiObject;
import dev.berth.core.model.Json;
import dev.berth.core.model.ObjectMeta;
import dev.berth.core.model.OpaqueObject;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.StoredObject;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/** Reads the views of stored objects. */
final class ObservedDecoder {
  private static final Logger LOG = LoggerFactory.getLogger(ObservedDecoder.class);
  private static final byte[] NOT_KEPT = {};

  /** Nothing is decided on what is in them, so that it is not held a second time. */
  private static final Set<ResourceType> DATA =
      Set.of(ResourceTypes.CONFIG_MAP, ResourceTypes.SECRET);

  private ObservedDecoder() {}

  /**
   * The object with its view. Of an event only its existence is kept: nothing is decided on it. An
   * object of an unknown kind, and one that cannot be read as its kind, is opaque.
   */
  static Observed<?> decode(StoredObject stored) {
    var resource = stored.key().resource();
    if (resource.equals(ResourceTypes.EVENT.resource())) {
      return new Observed<>(
          stored.key(), stored.revision(), NOT_KEPT, new OpaqueObject(ObjectMeta.NONE));
    }
    var type = ResourceTypes.byResource(resource);
    if (type.isPresent() && !DATA.contains(type.get())) {
      try {
        return observed(stored, Json.view(stored.document(), type.get().view()));
      } catch (JacksonException | IllegalArgumentException e) {
        LOG.warn(
            "{} cannot be read as a {} and is left alone until it is corrected: {}",
            stored.key(),
            type.get().kind(),
            e.getMessage());
      }
    }
    try {
      return observed(stored, Json.view(stored.document(), OpaqueObject.class));
    } catch (JacksonException e) {
      LOG.warn("the metadata of {} cannot be read: {}", stored.key(), e.getMessage());
      return observed(stored, new OpaqueObject(ObjectMeta.NONE));
    }
  }

  private static <T extends ApiObject> Observed<T> observed(StoredObject stored, T view) {
    return new Observed<>(stored.key(), stored.revision(), stored.document(), view);
  }
}
