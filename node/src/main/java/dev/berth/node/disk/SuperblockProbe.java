package dev.berth.node.disk;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import java.util.List;

/**
 * Reads back what a mkfs of ours has just written: the superblock at its place, nothing else. Much
 * less to read than for {@link SignatureProbe}, which has to recognise anything.
 */
final class SuperblockProbe {
  private final ChildProcesses children;
  private final Deadline deadline;

  SuperblockProbe(ChildProcesses children, Deadline deadline) {
    this.children = children;
    this.deadline = deadline;
  }

  /**
   * Where a superblock is and what it begins with, in bytes.
   *
   * @param at of the superblock on the device
   * @param magic what stands at {@code magicAt}, as hexadecimal digits
   */
  private record Layout(long at, int length, int magicAt, String magic, int uuidAt) {
    static Layout of(FileSystemKind kind) {
      return switch (kind) {
        case EXT4 -> new Layout(1024, 128, 56, "53ef", 104);
        case XFS -> new Layout(0, 64, 0, "58465342", 32);
        case BTRFS -> new Layout(64 * 1024, 96, 64, "5f42485266535f4d", 32);
      };
    }
  }

  /** The file system's UUID; nothing when there is none of this kind. */
  ProbeResult probe(BlockDevice device, FileSystemKind kind) throws InterruptedException {
    var layout = Layout.of(kind);
    var command =
        ChildCommand.of(
            deadline,
            "od",
            List.of(
                "-A",
                "n",
                "-v",
                "-t",
                "x1",
                "-j",
                Long.toString(layout.at()),
                "-N",
                Integer.toString(layout.length()),
                device.node().toString()));
    return switch (children.run(command)) {
      case ChildResult.Exited exited ->
          exited.ok()
              ? recognised(exited.out().replaceAll("\\s", ""), layout, kind)
              : new ProbeResult.Unreadable("it cannot be read back: " + exited.said());
      case ChildResult.Killed killed ->
          new ProbeResult.NoAnswer("reading it back was ended (" + killed.cause() + ")");
      case ChildResult.Abandoned abandoned ->
          new ProbeResult.NoAnswer("a read of it does not end (process " + abandoned.pid() + ")");
      case ChildResult.NotStarted missing -> new ProbeResult.Unreadable(missing.reason());
    };
  }

  private static ProbeResult recognised(String digits, Layout layout, FileSystemKind kind) {
    if (digits.length() != 2 * layout.length()) {
      return new ProbeResult.Unreadable("it ends before the superblock does");
    }
    if (!digits.startsWith(layout.magic(), 2 * layout.magicAt())) {
      return new ProbeResult.Nothing();
    }
    var uuid = digits.substring(2 * layout.uuidAt(), 2 * layout.uuidAt() + 32);
    return new ProbeResult.Content(
        kind.typeName(),
        uuid.replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5"),
        "");
  }
}
