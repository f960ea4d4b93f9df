package dev.berth.node.disk;

import dev.berth.core.model.FormatOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;

/**
 * Recognises, makes, checks and grows file systems with their own programs, each in a child process
 * under a deadline by progress. Mounting is {@link Mounter}'s. All methods are for virtual threads;
 * an interrupt ends the child.
 */
public interface FileSystems {

  /** What is on the device now. */
  ProbeResult probe(BlockDevice device) throws InterruptedException;

  /**
   * Reads the UUIDs of mounted file systems, of hundreds in one child. A device of which the answer
   * says nothing may carry anything: it did not answer, or comes after one that did not.
   *
   * @param mounted what is mounted from each device
   */
  Map<BlockDevice, String> uuids(Map<BlockDevice, FileSystemKind> mounted)
      throws InterruptedException;

  /**
   * Writes a new file system over whatever is there: only after {@link BlankProof}, with the intent
   * recorded in {@link FormatJournal}. Done only when a fresh probe read the kind and the UUID
   * back.
   *
   * @param uuid becomes the file system's UUID
   * @param options how it is made, those of other kinds do not count
   */
  Outcome make(BlockDevice device, FileSystemKind kind, UUID uuid, Map<FormatOption, Long> options)
      throws InterruptedException;

  /** Checks, and for ext4 repairs what is safe to repair (fsck -a), before a mount. */
  CheckResult check(BlockDevice device, FileSystemKind kind) throws InterruptedException;

  /**
   * Looks a file system over without changing anything: for the event, after a mount was refused.
   * Reads much of the device; its log is not replayed, so that what it calls damage may be none.
   */
  CheckResult diagnose(BlockDevice device, FileSystemKind kind) throws InterruptedException;

  /**
   * Grows the file system to the size of its device while it is not mounted, where its kind can;
   * the others ({@link FileSystemKind#XFS}, {@link FileSystemKind#BTRFS}) grow mounted only.
   */
  Outcome growUnmounted(BlockDevice device, FileSystemKind kind) throws InterruptedException;

  /** Grows the file system to the size of its device while it is mounted. */
  Outcome grow(BlockDevice device, FileSystemKind kind, Path mountedAt) throws InterruptedException;
}
