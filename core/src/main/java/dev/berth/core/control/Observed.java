package dev.berth.core.control;

import dev.berth.core.model.ApiObject;
import dev.berth.core.model.ObjectReference;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.ObjectKey;
import java.util.Objects;

/**
 * A version of an object that decisions are made on.
 *
 * @param revision that made it; 0 while it is a write of our own that the store has not answered
 * @param document as stored, never modified
 * @param view what the decisions read of it
 */
public record Observed<T extends ApiObject>(ObjectKey key, long revision, byte[] document, T view) {

  /** Whether the store has it, so that it can be written again and relied on. */
  public boolean settled() {
    return revision != 0;
  }

  /** The object as events and other objects refer to it. */
  public ObjectReference reference() {
    var type = ResourceTypes.byResource(key.resource());
    return new ObjectReference(
        type.map(known -> known.apiVersion()).orElse(""),
        type.map(known -> known.kind()).orElse(key.resource()),
        key.namespace(),
        key.name(),
        view.metadata().uid(),
        revision == 0 ? null : Long.toString(revision),
        null);
  }

  /** Whether both are the same version; two unanswered writes are never the same. */
  @Override
  public boolean equals(Object other) {
    return other == this
        || (other instanceof Observed<?> observed
            && settled()
            && revision == observed.revision
            && key.equals(observed.key));
  }

  @Override
  public int hashCode() {
    return Objects.hash(key, revision);
  }
}
