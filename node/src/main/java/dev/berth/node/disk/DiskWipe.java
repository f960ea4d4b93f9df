package dev.berth.node.disk;

import java.io.IOException;

/**
 * Destroys what is on a device that no volume needs any more. Refuses a device that is mounted,
 * held, swapped on, or opened exclusively by anyone.
 */
public interface DiskWipe {

  /** Told while a wipe goes on; must not block. */
  @FunctionalInterface
  interface Progress {
    Progress NONE = (wiped, total) -> {};

    void wiped(long wipedBytes, long totalBytes);
  }

  /**
   * Writes zeros over the whole device, syncs, reads samples back and records it in {@link
   * FormatJournal}. A wipe that was cut short goes on where it had been synced last; one that is
   * recorded as complete is not repeated. Done only when the record is complete.
   *
   * @param generation see {@link WipeRecord#generation()}
   */
  Outcome wipe(BlockDevice device, long generation, Progress progress)
      throws IOException, InterruptedException;

  /**
   * Removes signatures only, so that a new file system can be made over the debris of a killed
   * format; the caller has recognised it as ours.
   */
  Outcome eraseSignatures(BlockDevice device) throws IOException, InterruptedException;
}
