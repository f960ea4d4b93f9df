package dev.berth.core.storage;

import org.jspecify.annotations.Nullable;

/**
 * The objects that a list or a watch is about. A null component means all; a namespace needs a
 * resource, a name needs both (the namespace being empty for objects of the whole cluster).
 */
public record Scope(@Nullable String resource, @Nullable String namespace, @Nullable String name) {

  public Scope {
    if ((resource == null && namespace != null) || (namespace == null && name != null)) {
      throw new IllegalArgumentException("a scope narrows from resource to namespace to name");
    }
  }

  /** Every object there is. */
  public static Scope everything() {
    return new Scope(null, null, null);
  }

  /** All objects of a resource, in all namespaces. */
  public static Scope of(String resource) {
    return new Scope(resource, null, null);
  }

  public static Scope of(String resource, String namespace) {
    return new Scope(resource, namespace, null);
  }

  public static Scope of(ObjectKey key) {
    return new Scope(key.resource(), key.namespace(), key.name());
  }

  public boolean contains(ObjectKey key) {
    return (resource == null || resource.equals(key.resource()))
        && (namespace == null || namespace.equals(key.namespace()))
        && (name == null || name.equals(key.name()));
  }
}
