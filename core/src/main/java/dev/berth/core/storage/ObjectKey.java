package dev.berth.core.storage;

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

  public ObjectKey {
    if (resource.isEmpty() || name.isEmpty()) {
      throw new IllegalArgumentException("an object key needs a resource and a name");
    }
    if (resource.indexOf(0) >= 0 || namespace.indexOf(0) >= 0 || name.indexOf(0) >= 0) {
      throw new IllegalArgumentException("an object key may not contain a NUL character");
    }
  }

  /**
   * The order in which the store lists: resource, then namespace, then name, each as ASCII. (By
   * hand: the indexes of a view compare keys all the time, and chained comparators took a twentieth
   * of the processor time of a create.)
   */
  @Override
  public int compareTo(ObjectKey other) {
    var order = resource.compareTo(other.resource);
    if (order == 0) {
      order = namespace.compareTo(other.namespace);
    }
    return order == 0 ? name.compareTo(other.name) : order;
  }

  /** {@code persistentvolumeclaims/default/data}, or {@code nodes/n1} without a namespace. */
  @Override
  public String toString() {
    return namespace.isEmpty() ? resource + "/" + name : resource + "/" + namespace + "/" + name;
  }
}
