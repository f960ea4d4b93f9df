package dev.berth.core.registry.rules;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import java.util.Map;

/** The rules of each kind. */
public final class Kinds {

  private static final Map<ResourceType, KindRules> OF_TYPE =
      Map.of(
          ResourceTypes.NAMESPACE, new NamespaceRules(),
          ResourceTypes.NODE, new NodeRules(),
          ResourceTypes.POD, new PodRules(),
          ResourceTypes.VOLUME, new VolumeRules(),
          ResourceTypes.CLAIM, new ClaimRules(),
          ResourceTypes.CLASS, new ClassRules(),
          ResourceTypes.CONFIG_MAP, new ConfigMapRules(),
          ResourceTypes.SECRET, new SecretRules(),
          ResourceTypes.EVENT, new EventRules(),
          ResourceTypes.LEASE, new LeaseRules());

  private Kinds() {}

  public static KindRules of(ResourceType type) {
    var rules = OF_TYPE.get(type);
    if (rules == null) {
      throw new IllegalArgumentException("no rules are known for " + type.kind());
    }
    return rules;
  }
}
