package dev.berth.node.config;

import dev.berth.core.model.ConfigMap;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.Secret;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Resources;
import java.util.Optional;

/** Settings and secrets in the API. */
public final class ApiConfigObjects implements ConfigObjects {
  private final Resources resources;

  public ApiConfigObjects(Resources resources) {
    this.resources = resources;
  }

  @Override
  public Optional<ConfigMap> configMap(String namespace, String name) {
    return find(ResourceTypes.CONFIG_MAP, namespace, name, ConfigMap.class);
  }

  @Override
  public Optional<Secret> secret(String namespace, String name) {
    return find(ResourceTypes.SECRET, namespace, name, Secret.class);
  }

  private <T> Optional<T> find(ResourceType type, String namespace, String name, Class<T> view) {
    try {
      return Optional.of(Json.view(resources.get(type, namespace, name).document(), view));
    } catch (Rejection rejection) {
      if (rejection.status().code() == 404) {
        return Optional.empty();
      }
      throw rejection;
    }
  }
}
