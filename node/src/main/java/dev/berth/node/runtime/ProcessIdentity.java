package dev.berth.node.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process that cannot be confused with a later one of the same number, within one boot of the
 * host.
 *
 * @param startTicks when it was started, in clock ticks since boot (proc(5), field 22 of stat)
 */
record ProcessIdentity(long pid, long startTicks) {

  /**
   * What /proc tells about a process now.
   *
   * @param state one letter: R, S, D (cannot be killed at the moment), Z (has ended), …
   */
  private record Stat(String name, char state, long startTicks) {}

  /** The process that has this number now, unless it has ended. */
  static Optional<ProcessIdentity> of(long pid) {
    return stat(pid)
        .filter(stat -> !ended(stat))
        .map(stat -> new ProcessIdentity(pid, stat.startTicks));
  }

  /** Its program and arguments, with NULs between them; empty when it has ended. */
  String commandLine() {
    return commandLine(pid);
  }

  /** Likewise, for whatever process has the number now. */
  static String commandLine(long pid) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      // It has just ended.
      return "";
    }
  }

  boolean alive() {
    return stat(pid).filter(stat -> stat.startTicks == startTicks && !ended(stat)).isPresent();
  }

  /**
   * Whether the process has a handler for a signal. The first process of a pid namespace gets no
   * other signals: what it only blocks is dropped when it unblocks it without a handler.
   */
  boolean handles(int signal) {
    try {
      var status =
          Files.readAllLines(Path.of("/proc/" + pid + "/status"), StandardCharsets.ISO_8859_1);
      return status.stream()
          .filter(line -> line.startsWith("SigCgt:"))
          .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
          .anyMatch(handled -> (handled & 1L << (signal - 1)) != 0);
    } catch (IOException e) {
      // It has ended.
      return false;
    }
  }

  /** The process in words, for a message about why it does not end. */
  String describe() {
    return stat(pid)
        .filter(stat -> stat.startTicks == startTicks)
        .map(
            stat ->
                "process %d (%s), state %c%s"
                    .formatted(
                        pid,
                        stat.name,
                        stat.state,
                        stat.state == 'D' ? " (waits in the kernel, usually for a disk)" : ""))
        .orElse("process " + pid + " (ended)");
  }

  private static boolean ended(Stat stat) {
    return stat.state == 'Z' || stat.state == 'X';
  }

  private static Optional<Stat> stat(long pid) {
    try {
      var text = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
      // The name stands in parentheses and may itself contain some.
      var open = text.indexOf('(');
      var close = text.lastIndexOf(')');
      var fields = text.substring(close + 2).split(" ");
      return Optional.of(
          new Stat(
              text.substring(open + 1, close), fields[0].charAt(0), Long.parseLong(fields[19])));
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
