package dev.berth.it.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a benchmark ran on, for the reader of its figures. */
final class Machine {

  private Machine() {}

  static String describe() throws IOException {
    var model =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 2))
            .findFirst()
            .orElse("unknown processor");
    return "%d cores (%s), Linux %s, JDK %s, load %s"
        .formatted(
            Runtime.getRuntime().availableProcessors(),
            model,
            System.getProperty("os.version"),
            System.getProperty("java.runtime.version"),
            Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
  }

  /** Processor time in ticks: utime, stime, and those of the children that were waited for. */
  static long[] ticks(String pid) throws IOException {
    var stat = Files.readString(Path.of("/proc", pid, "stat"));
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    var ticks = new long[4];
    for (var n = 0; n < ticks.length; n++) {
      ticks[n] = Long.parseLong(fields[11 + n]);
    }
    return ticks;
  }
}
