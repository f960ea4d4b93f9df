package dev.berth.node.disk;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import dev.berth.node.linux.RunningChild;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Asks blkid what it recognises on a device. Its "nothing" does not tell an empty device from one
 * that cannot be read: whoever asks must read the device too.
 */
final class SignatureProbe {
  private static final int NOTHING_FOUND = 2;
  private static final int AMBIVALENT = 8;

  private final ChildProcesses children;
  private final Deadline deadline;

  SignatureProbe(ChildProcesses children, Deadline deadline) {
    this.children = children;
    this.deadline = deadline;
  }

  RunningChild start(BlockDevice device) throws InterruptedException {
    return children.start(
        ChildCommand.of(deadline, "blkid", "-p", "-o", "export", device.node().toString()));
  }

  static ProbeResult result(ChildResult result) {
    return switch (result) {
      case ChildResult.Exited exited -> recognised(exited);
      case ChildResult.Killed killed ->
          new ProbeResult.NoAnswer("blkid was ended (" + killed.cause() + ")");
      case ChildResult.Abandoned abandoned ->
          new ProbeResult.NoAnswer("blkid does not end (process " + abandoned.pid() + ")");
      case ChildResult.NotStarted missing -> new ProbeResult.Unreadable(missing.reason());
    };
  }

  private static ProbeResult recognised(ChildResult.Exited exited) {
    // blkid tells "nothing found" and "cannot open" by the same code; only the latter has a
    // message.
    if (exited.code() == NOTHING_FOUND && exited.err().isBlank()) {
      return new ProbeResult.Nothing();
    }
    if (exited.code() == AMBIVALENT) {
      return new ProbeResult.Ambivalent(
          "several signatures that contradict one another" + detail(exited));
    }
    if (exited.code() != 0) {
      return new ProbeResult.Unreadable(
          "blkid could not read it (exit code " + exited.code() + ")" + detail(exited));
    }
    var values = export(exited.out());
    if (values.containsKey("PTTYPE")) {
      // The boot sectors of some file systems look like one.
      var type = Optional.ofNullable(values.get("TYPE"));
      return new ProbeResult.PartitionTable(
          values.get("PTTYPE") + type.map(found -> ", and file system " + found).orElse(""));
    }
    if (values.isEmpty()) {
      return new ProbeResult.Unreadable("blkid found something and did not say what");
    }
    // On a partition blkid tells of the partition's own entry, which says nothing of its content.
    if (!values.containsKey("TYPE") && !values.containsKey("USAGE")) {
      return new ProbeResult.Nothing();
    }
    return new ProbeResult.Content(
        values.getOrDefault("TYPE", "unknown"),
        values.getOrDefault("UUID", ""),
        values.getOrDefault("LABEL", ""));
  }

  private static String detail(ChildResult.Exited exited) {
    return exited.said().isEmpty() ? "" : ": " + exited.said();
  }

  /** Lines of KEY=value, in which a backslash takes the meaning of the character behind it. */
  private static Map<String, String> export(String out) {
    var values = new HashMap<String, String>();
    for (var line : out.split("\n")) {
      var equals = line.indexOf('=');
      if (equals > 0) {
        values.put(
            line.substring(0, equals), line.substring(equals + 1).replaceAll("\\\\(.)", "$1"));
      }
    }
    return values;
  }
}
