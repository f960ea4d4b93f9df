package dev.berth.node.disk;

import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What this node decided to format and what it wiped, on the node's own disk; every write is synced
 * before it returns. Crash points: before {@link #begin} nothing has happened; between it and
 * {@link #finish} the device may carry anything from nothing to a whole file system of ours, and
 * {@link #unfinishedOn} recognises it by the device's identity, so that the debris may be wiped and
 * the format repeated; after {@link #finish} the volume is never formatted again.
 */
public interface FormatJournal {

  /**
   * Records that the device is about to be formatted for the volume.
   *
   * @throws IllegalStateException when the volume has been formatted already in this generation,
   *     here or on another device: the message names it
   */
  void begin(FormatIntent intent) throws IOException;

  /** Records that the volume's file system is whole. */
  void finish(UUID volume) throws IOException;

  /** What is recorded for a volume. */
  Optional<FormatIntent> of(UUID volume) throws IOException;

  /** An intent for this very device whose format was not finished, nor wiped away since. */
  Optional<FormatIntent> unfinishedOn(DeviceIdentity device) throws IOException;

  /** All volumes of which a format is recorded. */
  Set<UUID> volumes();

  /**
   * Forgets a volume that no longer exists, or whose data is gone. What its format has spent stays
   * spent.
   */
  void forget(UUID volume) throws IOException;

  /** Records how far a wipe has come. */
  void recordWipe(WipeRecord wipe) throws IOException;

  /** The last wipe of this very device, complete or not. */
  Optional<WipeRecord> wipeOf(DeviceIdentity device) throws IOException;

  /**
   * Whether the device was wiped completely for this generation and nothing has been done with it
   * since. A record is good for one use.
   */
  boolean wipedAndUnused(DeviceIdentity device, long generation) throws IOException;

  /**
   * Forgets what would allow the device to be taken for wiped or for debris of ours, because from
   * now on others write to it: its wipe records and unfinished formats. To be called before a
   * device is handed to a pod, formatted or as it is.
   */
  void handOver(DeviceIdentity device) throws IOException;
}
