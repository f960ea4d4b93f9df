package dev.berth.core.provision;

import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.StorageClass;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/** The provisioners that our own nodes serve; every other one is a program of somebody else's. */
public enum NodeProvisioner {
  /** An image file in a directory of the node, attached as a loop device. */
  LOOP("loop.berth.dev");

  /** Parameter of classes, and attribute of volumes: out of which pool of its node. */
  public static final String POOL = "pool";

  /** The pool of those that name none. */
  public static final String DEFAULT_POOL = "default";

  /** Annotation of a node: the names of all of its pools, with commas between. */
  public static final String POOLS_OF_NODE = "berth.dev/pools";

  private final String provisioner;

  NodeProvisioner(String provisioner) {
    this.provisioner = provisioner;
  }

  /** As classes name it, and volumes as the driver of their source. */
  public String provisioner() {
    return provisioner;
  }

  /**
   * Whether the volume is of the kind that this program's nodes make, but somebody made its object
   * by hand.
   */
  public static boolean isMadeByHand(PersistentVolume volume) {
    var source = volume.spec().csi();
    return source != null && of(source.driver()).isPresent() && volume.provisionedBy().isEmpty();
  }

  /** The pool that parameters or attributes name. */
  public static String pool(Map<String, String> parameters) {
    return parameters.getOrDefault(POOL, DEFAULT_POOL);
  }

  /** Whether there is no such provisioner, here or anywhere else. */
  public static boolean isMissing(String provisioner) {
    return StorageClass.isBerths(provisioner) && of(provisioner).isEmpty();
  }

  public static Optional<NodeProvisioner> of(String provisioner) {
    return Arrays.stream(values()).filter(one -> one.provisioner.equals(provisioner)).findAny();
  }
}
