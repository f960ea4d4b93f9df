package dev.berth.core.model;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values for pods that not everybody may see, by key.
 *
 * @param immutable whether the values can never change any more
 * @param type what keys it has to have, for example {@code kubernetes.io/tls}
 */
public record Secret(
    ObjectMeta metadata, boolean immutable, Map<String, byte[]> data, @Nullable String type)
    implements ApiObject {

  /** The type of a secret that may have any keys. */
  public static final String OPAQUE = "Opaque";

  public Secret {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    data = ConfigMap.copy(data);
  }

  /** Without the values, which have no place in a log. */
  @Override
  public String toString() {
    return "Secret[" + metadata.qualifiedName() + ", " + data.size() + " values]";
  }
}
