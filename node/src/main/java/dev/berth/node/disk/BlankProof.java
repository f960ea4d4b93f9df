package dev.berth.node.disk;

import java.io.IOException;

/**
 * Proves that nothing is on a device before it is formatted: every read succeeds, no reader knows a
 * signature, nobody uses it, and samples read zero. Writes nothing.
 */
public interface BlankProof {

  /**
   * The demands on the device.
   *
   * @param minimumBytes the volume's capacity: a smaller device is refused
   * @param wiped whether our own record says that it was wiped and not formatted since ({@link
   *     WipeRecords}): then samples need not read zero; everything else still holds
   * @param anyway whether what is on it may be destroyed ({@link FormatAnyway}): then it may carry
   *     signatures, partitions and data; everything else still holds
   */
  record Demand(long minimumBytes, boolean wiped, boolean anyway) {
    public static Demand ofSize(long minimumBytes) {
      return new Demand(minimumBytes, false, false);
    }
  }

  BlankVerdict verify(BlockDevice device, Demand demand) throws IOException, InterruptedException;
}
