package dev.berth.core.model;

import org.jspecify.annotations.Nullable;

/** A space of names, which can be deleted as a whole. */
public record Namespace(ObjectMeta metadata, @Nullable Status status) implements ApiObject {

  public record Status(String phase) {}

  public Namespace {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
  }

  public boolean terminating() {
    return metadata.deleting() || (status != null && "Terminating".equals(status.phase()));
  }
}
