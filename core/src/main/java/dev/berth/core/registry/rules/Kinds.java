package dev.berth.core.registry.rules;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import java.util.Map;

/** The rules of each kind. */
public final class Kinds {

  private static final KindRules PLAIN = new KindRules();
  private static final Map<ResourceType, KindRules> OF_TYPE =
      Map.of(
          ResourceTypes.NAMESPACE, new NamespaceRules(),
          ResourceTypes.POD, new PodRules());

  private Kinds() {}

  public static KindRules of(ResourceType type) {
    return OF_TYPE.getOrDefault(type, PLAIN);
  }
}
