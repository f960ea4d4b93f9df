package dev.berth.core.storage;

import java.util.Comparator;

/**
 * The identity of an object in the store.
 *
 * @param resource the plural, with the group where there is one: {@code pods}, {@code
 *     storageclasses.storage.k8s.io}
 * @param namespace empty for an object of the whole cluster
 * @param name unique within resource and namespace
 */
public record ObjectKey(String resource, String namespace, String name)
    implements Comparable<ObjectKey> {

  private static final Comparator<ObjectKey> ORDER =
      Comparator.comparing(ObjectKey::resource)
          .thenComparing(ObjectKey::namespace)
          .thenComparing(ObjectKey::name);

  public ObjectKey {
    if (resource.isEmpty() || name.isEmpty()) {
      throw new IllegalArgumentException("an object key needs a resource and a name");
    }
    if (resource.indexOf(0) >= 0 || namespace.indexOf(0) >= 0 || name.indexOf(0) >= 0) {
      throw new IllegalArgumentException("an object key may not contain a NUL character");
    }
  }

  /** The order in which the store lists: resource, then namespace, then name, each as ASCII. */
  @Override
  public int compareTo(ObjectKey other) {
    return ORDER.compare(this, other);
  }

  /** {@code persistentvolumeclaims/default/data}, or {@code nodes/n1} without a namespace. */
  @Override
  public String toString() {
    return namespace.isEmpty() ? resource + "/" + name : resource + "/" + namespace + "/" + name;
  }
}
