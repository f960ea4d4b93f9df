package dev.berth.core.control;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.ObjectKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The store's keys of the kinds that decisions are about. */
public final class Keys {

  /** Where a node renews the Lease that bears its name. */
  public static final String NODE_LEASES = "kube-node-lease";

  /** Of an object. */
  private static final int LONGEST_NAME = 253;

  private static final int DIGEST_BYTES = 16;

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

  /**
   * Where a node reports what it can still make for a class. A class without a dot stands before
   * the first dot of the name. With a dot in it, nobody could tell where the class ends and the
   * node begins; such a pair, and one that is too long, is named by its digest, in which there is
   * no dot.
   */
  public static ObjectKey capacity(String node, String className) {
    var plain = className + "." + node;
    var name =
        className.indexOf('.') < 0 && plain.length() <= LONGEST_NAME
            ? plain
            : "capacity-" + digest(className + "/" + node);
    return new ObjectKey(ResourceTypes.STORAGE_CAPACITY.resource(), NODE_LEASES, name);
  }

  private static String digest(String text) {
    try {
      var hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash, 0, DIGEST_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
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
