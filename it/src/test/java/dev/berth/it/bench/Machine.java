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
}
