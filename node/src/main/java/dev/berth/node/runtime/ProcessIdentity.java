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

  boolean alive() {
    return stat(pid).filter(stat -> stat.startTicks == startTicks && !ended(stat)).isPresent();
  }

  /**
   * Whether a signal would reach the process's own code, now or once it no longer blocks it. To the
   * first process of a pid namespace the kernel does not even deliver the others.
   */
  boolean handles(int signal) {
    try {
      var masks =
          Files.readAllLines(Path.of("/proc/" + pid + "/status"), StandardCharsets.ISO_8859_1)
              .stream()
              .filter(line -> line.startsWith("SigBlk:") || line.startsWith("SigCgt:"))
              .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
              .reduce(0, (one, other) -> one | other);
      return (masks & 1L << (signal - 1)) != 0;
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
