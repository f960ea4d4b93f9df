package dev.berth.core.registry;

import dev.berth.core.storage.StoredObject;
import java.util.List;

/**
 * What a write left behind.
 *
 * @param object as it is stored now; for a deletion that is complete, as it was last
 * @param effect what happened
 * @param warnings for the client's user, empty for none
 */
public record Written(StoredObject object, Effect effect, List<String> warnings) {

  public enum Effect {
    CREATED,
    CHANGED,
    /** The write asked for what was there already; the version is unchanged. */
    UNCHANGED,
    /** The object is on its way out: it waits for its finalizers or its grace period. */
    DELETING,
    DELETED
  }
}
