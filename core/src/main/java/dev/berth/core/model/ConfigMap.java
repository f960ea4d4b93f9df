package dev.berth.core.model;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Settings for pods, by key.
 *
 * @param immutable whether the values can never change any more
 * @param data values that are text
 * @param binaryData values of any bytes, under other keys than those of {@code data}
 */
public record ConfigMap(
    ObjectMeta metadata,
    boolean immutable,
    Map<String, String> data,
    Map<String, byte[]> binaryData)
    implements ApiObject {

  public ConfigMap {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    data = Absent.map(data);
    binaryData = copy(binaryData);
  }

  static Map<String, byte[]> copy(@Nullable Map<String, byte[]> map) {
    return map == null ? Map.of() : Map.copyOf(map);
  }
}
