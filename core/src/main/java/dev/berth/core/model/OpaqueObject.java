package dev.berth.core.model;

/** An object of which only the metadata matters to whoever looks at it. */
public record OpaqueObject(ObjectMeta metadata) implements ApiObject {

  public OpaqueObject {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
  }
}
