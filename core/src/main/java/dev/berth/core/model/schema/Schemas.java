package dev.berth.core.model.schema;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.schema.Shape.Struct;
import java.util.Map;

/** The shapes of all kinds that are served. */
public final class Schemas {

  private static final Map<String, Struct> STRUCTS =
      SchemaText.read(
          CoreSchema.TEXT,
          StorageSchema.TEXT,
          PodSchema.TEXT,
          VolumeSchema.TEXT,
          StatusSchema.TEXT);

  private Schemas() {}

  /** The shape of the kind's documents. */
  public static Struct of(ResourceType type) {
    return named(type.kind());
  }

  /** The structure of this name, as Kubernetes calls it: {@code PodSpec}. */
  public static Struct named(String name) {
    var struct = STRUCTS.get(name);
    if (struct == null) {
      throw new IllegalArgumentException("no structure is called " + name);
    }
    return struct;
  }
}
