package dev.berth.node.disk;

import dev.berth.core.model.WipeMethod;
import java.io.IOException;

/**
 * Destroys what is on a device that no volume needs any more. Refuses a device that is mounted
 * anywhere, held, swapped on, or opened exclusively by anyone.
 */
public interface DiskWipe {

  /** Told while a wipe goes on. */
  @FunctionalInterface
  interface Progress {
    Progress NONE = (wiped, total) -> true;

    /**
     * @param totalBytes of all passes
     * @return whether to go on: false when nobody asks for the wipe any more
     */
    boolean wiped(long wipedBytes, long totalBytes);
  }

  /**
   * Destroys the data by the method, syncs, reads back and records it in {@link FormatJournal}. A
   * wipe that was cut short goes on where it had been synced last; one that is recorded as complete
   * is not repeated. Done only when the record is complete.
   *
   * @param generation see {@link WipeRecord#generation()}
   * @param method any but NONE
   */
  Outcome wipe(BlockDevice device, long generation, WipeMethod method, Progress progress)
      throws IOException, InterruptedException;

  /**
   * Removes signatures only, so that a new file system can be made over the debris of a killed
   * format; the caller has recognised it as ours.
   */
  Outcome eraseSignatures(BlockDevice device) throws IOException, InterruptedException;
}
