package dev.berth.core.control;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.ObjectKey;

/** The store's keys of the kinds that decisions are about. */
public final class Keys {

  /** Where a node renews the Lease that bears its name. */
  public static final String NODE_LEASES = "kube-node-lease";

  private Keys() {}

  public static ObjectKey volume(String name) {
    return new ObjectKey(ResourceTypes.VOLUME.resource(), "", name);
  }

  public static ObjectKey claim(String namespace, String name) {
    return new ObjectKey(ResourceTypes.CLAIM.resource(), namespace, name);
  }

  public static ObjectKey pod(String namespace, String name) {
    return new ObjectKey(ResourceTypes.POD.resource(), namespace, name);
  }

  public static ObjectKey node(String name) {
    return new ObjectKey(ResourceTypes.NODE.resource(), "", name);
  }

  public static ObjectKey csiNode(String node) {
    return new ObjectKey(ResourceTypes.CSI_NODE.resource(), "", node);
  }

  /** Where a node reports what it can still make for a class. */
  public static ObjectKey capacity(String node, String className) {
    return new ObjectKey(
        ResourceTypes.STORAGE_CAPACITY.resource(), NODE_LEASES, className + "." + node);
  }

  public static ObjectKey storageClass(String name) {
    return new ObjectKey(ResourceTypes.CLASS.resource(), "", name);
  }

  public static ObjectKey namespace(String name) {
    return new ObjectKey(ResourceTypes.NAMESPACE.resource(), "", name);
  }

  public static ObjectKey nodeLease(String node) {
    return new ObjectKey(ResourceTypes.LEASE.resource(), NODE_LEASES, node);
  }

  public static boolean is(ObjectKey key, ResourceType type) {
    return key.resource().equals(type.resource());
  }
}
