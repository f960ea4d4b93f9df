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
   */
  record Demand(long minimumBytes, boolean wiped) {
    public static Demand ofSize(long minimumBytes) {
      return new Demand(minimumBytes, false);
    }
  }

  BlankVerdict verify(BlockDevice device, Demand demand) throws IOException, InterruptedException;
}
