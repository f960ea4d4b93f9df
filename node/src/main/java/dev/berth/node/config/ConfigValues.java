package dev.berth.node.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** The values of one object, whichever kind it is. */
record ConfigValues(String what, SortedMap<String, byte[]> values) {

  static ConfigValues ofConfigMap(
      ConfigObjects objects, String namespace, String name, boolean optional) throws MissingConfig {
    var found = objects.configMap(namespace, name);
    var what = "configmap \"%s\"".formatted(name);
    if (found.isEmpty()) {
      return none(what, namespace, optional);
    }
    var values = new TreeMap<String, byte[]>(found.get().binaryData());
    found.get().data().forEach((key, text) -> values.put(key, text.getBytes(UTF_8)));
    return new ConfigValues(what, values);
  }

  static ConfigValues ofSecret(
      ConfigObjects objects, String namespace, String name, boolean optional) throws MissingConfig {
    var found = objects.secret(namespace, name);
    var what = "secret \"%s\"".formatted(name);
    return found.isEmpty()
        ? none(what, namespace, optional)
        : new ConfigValues(what, new TreeMap<>(found.get().data()));
  }

  private static ConfigValues none(String what, String namespace, boolean optional)
      throws MissingConfig {
    if (!optional) {
      throw new MissingConfig(
          "%s not found in namespace %s; create it, or make the reference optional"
              .formatted(what, namespace));
    }
    return new ConfigValues(what, new TreeMap<>());
  }

  /** Says that a value that somebody needs is not there. */
  MissingConfig lacks(String key) {
    return new MissingConfig(
        "%s has no key \"%s\" (it has %s)"
            .formatted(what, key, values.isEmpty() ? "none" : String.join(", ", values.keySet())));
  }

  /** Without the values, which have no place in a log. */
  @Override
  public String toString() {
    return what + Map.of("keys", values.keySet());
  }
}
