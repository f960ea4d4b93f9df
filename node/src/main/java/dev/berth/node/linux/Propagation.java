package dev.berth.node.linux;

/** Whether mounts made below a mount appear in its peers. */
public enum Propagation {
  UNBINDABLE(1L << 17),
  PRIVATE(1L << 18),
  /** Receives mounts of its master and sends none (HostToContainer). */
  SLAVE(1L << 19),
  /** Both ways (Bidirectional). */
  SHARED(1L << 20);

  private final long bit;

  Propagation(long bit) {
    this.bit = bit;
  }

  long bit() {
    return bit;
  }
}
