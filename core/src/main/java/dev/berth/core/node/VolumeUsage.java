package dev.berth.core.node;

import java.time.Instant;

/**
 * How full a volume with a file system was at one moment.
 *
 * @param namespace of the pod and of the claim
 * @param volume its name in the pod
 * @param time when it was read
 * @param problem why it could not be read; then the figures are those of the last time, or zero
 */
public record VolumeUsage(
    String namespace,
    String claim,
    String pod,
    String podUid,
    String volume,
    Figures figures,
    Instant time,
    String problem) {

  /**
   * @param availableBytes what others than root can still write
   */
  public record Figures(
      long capacityBytes,
      long availableBytes,
      long usedBytes,
      long inodes,
      long inodesFree,
      long inodesUsed) {
    public static final Figures NONE = new Figures(0, 0, 0, 0, 0, 0);
  }
}
