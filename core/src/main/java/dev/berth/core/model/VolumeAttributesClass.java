package dev.berth.core.model;

import java.util.Map;

/**
 * Attributes of volumes that can be changed while they are used.
 *
 * @param driverName whose volumes they are for
 * @param parameters what the driver is told
 */
public record VolumeAttributesClass(
    ObjectMeta metadata, String driverName, Map<String, String> parameters) implements ApiObject {

  public VolumeAttributesClass {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    driverName = Absent.text(driverName);
    parameters = Absent.map(parameters);
  }
}
