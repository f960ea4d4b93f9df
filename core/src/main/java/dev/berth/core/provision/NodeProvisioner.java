package dev.berth.core.provision;

import java.util.Arrays;
import java.util.Optional;

/** The provisioners that our own nodes serve; every other one is a program of somebody else's. */
public enum NodeProvisioner {
  /** An image file in a directory of the node, attached as a loop device. */
  LOOP("loop.berth.dev");

  private final String provisioner;

  NodeProvisioner(String provisioner) {
    this.provisioner = provisioner;
  }

  /** As classes name it, and volumes as the driver of their source. */
  public String provisioner() {
    return provisioner;
  }

  public static Optional<NodeProvisioner> of(String provisioner) {
    return Arrays.stream(values()).filter(one -> one.provisioner.equals(provisioner)).findAny();
  }
}
