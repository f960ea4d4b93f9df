package dev.berth.node.config;

import dev.berth.core.model.ConfigMap;
import dev.berth.core.model.Secret;
import java.util.Optional;

/** Finds settings and secrets. The calls wait for the API. */
public interface ConfigObjects {

  Optional<ConfigMap> configMap(String namespace, String name);

  Optional<Secret> secret(String namespace, String name);
}
