package dev.berth.node.disk;

import dev.berth.core.model.FormatOption;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The file systems' own programs: blkid, mkfs, fsck and their kin. */
public final class ProgramFileSystems implements FileSystems {
  /** fsck's exit code is a bit mask: errors corrected, and reboot advised. */
  private static final int FSCK_CORRECTED = 1;

  private static final int FSCK_HARMLESS = FSCK_CORRECTED | 2;

  private final ChildProcesses children;
  private final DiskDeadlines deadlines;
  private final SignatureProbe signatures;
  private final Superblocks superblocks;

  public ProgramFileSystems(ChildProcesses children, DiskDeadlines deadlines) {
    this.children = children;
    this.deadlines = deadlines;
    this.signatures = new SignatureProbe(children, deadlines.forProbe());
    this.superblocks = new Superblocks(children, deadlines.forProbe());
  }

  @Override
  public ProbeResult probe(BlockDevice device) throws InterruptedException {
    var found = SignatureProbe.result(signatures.start(device).await());
    return found instanceof ProbeResult.Nothing ? readable(device) : found;
  }

  /** Whether the first bytes can be read past the page cache. */
  private ProbeResult readable(BlockDevice device) throws InterruptedException {
    var command =
        ChildCommand.of(
            deadlines.forProbe(),
            "dd",
            "if=" + device.node(),
            "of=/dev/null",
            "bs=64K",
            "count=1",
            "iflag=direct",
            "status=none");
    return switch (children.run(command)) {
      case ChildResult.Exited exited ->
          exited.ok()
              ? new ProbeResult.Nothing()
              : new ProbeResult.Unreadable("it cannot be read: " + exited.said());
      case ChildResult.Killed killed ->
          new ProbeResult.NoAnswer("reading it was ended (" + killed.cause() + ")");
      case ChildResult.Abandoned abandoned ->
          new ProbeResult.NoAnswer("a read of it does not end (process " + abandoned.pid() + ")");
      case ChildResult.NotStarted missing -> new ProbeResult.Unreadable(missing.reason());
    };
  }

  @Override
  public Map<BlockDevice, String> uuids(Map<BlockDevice, FileSystemKind> mounted)
      throws InterruptedException {
    return superblocks.uuids(mounted);
  }

  @Override
  public Outcome make(
      BlockDevice device, FileSystemKind kind, UUID uuid, Map<FormatOption, Long> options)
      throws InterruptedException {
    var command =
        work(device, "mkfs." + kind.typeName(), MakeArguments.of(device, kind, uuid, options));
    var outcome = outcome("formatting " + device, command);
    return outcome.done() ? verified(device, kind, uuid) : outcome;
  }

  private Outcome verified(BlockDevice device, FileSystemKind kind, UUID uuid)
      throws InterruptedException {
    var found = superblocks.probe(device, kind);
    if (found instanceof ProbeResult.Content(var type, var id, _)
        && type.equals(kind.typeName())
        && id.equalsIgnoreCase(uuid.toString())) {
      return Outcome.Done.PLAIN;
    }
    return new Outcome.Failed(
        "after formatting "
            + device
            + " expected "
            + kind.typeName()
            + " with UUID "
            + uuid
            + ", found "
            + found.text());
  }

  @Override
  public CheckResult check(BlockDevice device, FileSystemKind kind) throws InterruptedException {
    return switch (kind) {
      case EXT4 -> check(work(device, "e2fsck", List.of("-p", device.node().toString())));
      // Their logs are replayed by the mount itself, and their own checks do not understand a log.
      case XFS, BTRFS -> new CheckResult.Clean();
    };
  }

  @Override
  public CheckResult diagnose(BlockDevice device, FileSystemKind kind) throws InterruptedException {
    var node = device.node().toString();
    return check(
        switch (kind) {
          case EXT4 -> work(device, "e2fsck", List.of("-n", "-f", node));
          case XFS -> work(device, "xfs_repair", List.of("-n", node));
          case BTRFS -> work(device, "btrfs", List.of("check", "--readonly", node));
        });
  }

  private CheckResult check(ChildCommand command) throws InterruptedException {
    return switch (children.run(command)) {
      case ChildResult.Exited exited -> {
        if (exited.code() == 0) {
          yield new CheckResult.Clean();
        }
        var report = "%s ended with %d: %s".formatted(command.tool(), exited.code(), all(exited));
        var repaired = command.tool().equals("e2fsck") && (exited.code() & ~FSCK_HARMLESS) == 0;
        yield repaired ? new CheckResult.Repaired(report) : new CheckResult.Damaged(report);
      }
      case ChildResult.Killed killed ->
          new CheckResult.Unknown(command.tool() + " was ended (" + killed.cause() + ")");
      case ChildResult.Abandoned abandoned ->
          new CheckResult.Unknown(
              command.tool() + " does not end (process " + abandoned.pid() + ")");
      case ChildResult.NotStarted missing ->
          new CheckResult.ToolMissing(missing.tool(), missing.reason());
    };
  }

  /** e2fsck reports on stdout and complains on stderr: both belong to the event. */
  private static String all(ChildResult.Exited exited) {
    return (exited.out() + exited.err()).strip().replaceAll("\\s*\\R\\s*", "; ");
  }

  @Override
  public Outcome growUnmounted(BlockDevice device, FileSystemKind kind)
      throws InterruptedException {
    return switch (kind) {
      case EXT4 -> {
        var node = device.node().toString();
        // It refuses to grow what was not checked whole since its last mount.
        var checked = check(work(device, "e2fsck", List.of("-f", "-p", node)));
        yield switch (checked) {
          case CheckResult.Clean _, CheckResult.Repaired _ ->
              outcome(
                  "growing the file system on " + device, work(device, "resize2fs", List.of(node)));
          case CheckResult.Damaged(var report) -> new Outcome.Failed(report);
          case CheckResult.ToolMissing(var tool, var message) ->
              new Outcome.ToolMissing(tool, message);
          case CheckResult.Unknown(var message) -> new Outcome.Uncertain(message, false);
        };
      }
      case XFS, BTRFS -> Outcome.Done.PLAIN;
    };
  }

  @Override
  public Outcome grow(BlockDevice device, FileSystemKind kind, Path mountedAt)
      throws InterruptedException {
    var at = mountedAt.toString();
    var command =
        switch (kind) {
          case EXT4 -> work(device, "resize2fs", List.of(device.node().toString()));
          case XFS -> work(device, "xfs_growfs", List.of(at));
          case BTRFS -> work(device, "btrfs", List.of("filesystem", "resize", "max", at));
        };
    return outcome("growing the file system on " + device, command);
  }

  private ChildCommand work(BlockDevice device, String tool, List<String> arguments) {
    return ChildCommand.of(deadlines.forWork(device), tool, arguments);
  }

  private Outcome outcome(String what, ChildCommand command) throws InterruptedException {
    return Outcomes.of(what, command, children.run(command));
  }
}
