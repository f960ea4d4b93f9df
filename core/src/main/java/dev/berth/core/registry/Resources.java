package dev.berth.core.registry;

import dev.berth.core.model.ResourceType;
import dev.berth.core.storage.StoredObject;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The objects of the API and all that may be done to them, the same for every caller: the wire, a
 * node, the process itself. A namespace is empty for objects of the whole cluster. Calls wait for
 * the store and are made from threads that may wait.
 *
 * <p>Every method throws {@link Rejection} when the request cannot be done as it is, and {@link
 * dev.berth.core.storage.StoreException} when the store cannot do it (Unavailable: try again).
 */
public interface Resources {

  /** The object itself, as the name of a subresource. */
  String OBJECT = "";

  String STATUS = "status";

  /** The newest version of an object; rejected with NotFound when there is none. */
  StoredObject get(ResourceType type, String namespace, String name);

  /**
   * @param namespace null for all namespaces
   */
  ResourcePage list(ResourceType type, @Nullable String namespace, ListOptions options);

  Written create(ResourceType type, String namespace, ObjectNode object, WriteOptions options);

  /**
   * Replaces an object or one of its subresources. A resourceVersion in {@code object} must be the
   * present one.
   */
  Written replace(
      ResourceType type,
      String namespace,
      String name,
      String subresource,
      ObjectNode object,
      WriteOptions options);

  /**
   * Changes an object or one of its subresources. A {@code metadata.resourceVersion} (and a {@code
   * metadata.uid}) in the patch must be the present one; without it the patch is applied to
   * whatever is there, again when somebody else was faster.
   */
  Written patch(
      ResourceType type,
      String namespace,
      String name,
      String subresource,
      Patch patch,
      WriteOptions options);

  Written delete(ResourceType type, String namespace, String name, DeleteOptions options);

  /**
   * Deletes the objects of a page of a list; with a continue token, the next page of the same
   * snapshot. What changed since and is no longer meant is left alone.
   *
   * @param namespace null for all namespaces
   * @return the objects that were deleted or marked, as they were last
   */
  ResourcePage deleteCollection(
      ResourceType type, @Nullable String namespace, ListOptions options, DeleteOptions deletion);

  /** Gives a pod to a node, by a Binding object; a second time is a conflict. */
  Written bind(String namespace, String pod, ObjectNode binding, WriteOptions options);

  /**
   * @param namespace null for all namespaces
   * @param name null for all names
   */
  ResourceWatch watch(
      ResourceType type, @Nullable String namespace, @Nullable String name, WatchOptions options);
}
