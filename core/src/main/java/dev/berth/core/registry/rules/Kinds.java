package dev.berth.core.registry.rules;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import java.util.Map;

/** The rules of each kind. */
public final class Kinds {

  private static final Map<ResourceType, KindRules> OF_TYPE =
      Map.ofEntries(
          Map.entry(ResourceTypes.NAMESPACE, new NamespaceRules()),
          Map.entry(ResourceTypes.NODE, new NodeRules()),
          Map.entry(ResourceTypes.POD, new PodRules()),
          Map.entry(ResourceTypes.VOLUME, new VolumeRules()),
          Map.entry(ResourceTypes.CLAIM, new ClaimRules()),
          Map.entry(ResourceTypes.CLASS, new ClassRules()),
          Map.entry(ResourceTypes.CONFIG_MAP, new ConfigMapRules()),
          Map.entry(ResourceTypes.SECRET, new SecretRules()),
          Map.entry(ResourceTypes.EVENT, new EventRules()),
          Map.entry(ResourceTypes.LEASE, new LeaseRules()),
          Map.entry(ResourceTypes.PRIORITY_CLASS, new PriorityClassRules()),
          Map.entry(ResourceTypes.CSI_NODE, new CsiNodeRules()),
          Map.entry(ResourceTypes.STORAGE_CAPACITY, new StorageCapacityRules()),
          Map.entry(ResourceTypes.ATTRIBUTES_CLASS, new AttributesClassRules()));

  private Kinds() {}

  public static KindRules of(ResourceType type) {
    var rules = OF_TYPE.get(type);
    if (rules == null) {
      throw new IllegalArgumentException("no rules are known for " + type.kind());
    }
    return rules;
  }
}
