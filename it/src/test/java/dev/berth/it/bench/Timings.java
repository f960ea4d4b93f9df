package dev.berth.it.bench;

import dev.berth.it.harness.BerthProcess;
import java.util.Comparator;
import java.util.Locale;
import java.util.TreeMap;

/** What a server's own timers say of the time between two moments. */
final class Timings {
  private static final String COUNT = "_seconds_count";
  private static final String SUM = "_seconds_sum";

  private final TreeMap<String, double[]> timers = new TreeMap<>();

  private Timings() {}

  /** Everything that was timed since the server was started. */
  static Timings of(BerthProcess server) {
    var result = new Timings();
    server.call("GET", "/metrics", "", "").body().lines().forEach(result::read);
    return result;
  }

  private void read(String line) {
    var value = line.lastIndexOf(' ');
    if (line.startsWith("#") || value < 0) {
      return;
    }
    for (var kind : new String[] {COUNT, SUM}) {
      if (line.contains(kind)) {
        timers
                .computeIfAbsent(line.substring(0, value).replace(kind, ""), name -> new double[2])[
                kind.equals(COUNT) ? 0 : 1] =
            Double.parseDouble(line.substring(value + 1));
      }
    }
  }

  /** A table of what was timed since an earlier moment, that with the longest sums first. */
  String since(Timings earlier, int rounds) {
    var lines = new TreeMap<Double, String>(Comparator.reverseOrder());
    timers.forEach(
        (name, now) -> {
          var before = earlier.timers.getOrDefault(name, new double[2]);
          var count = now[0] - before[0];
          var millis = (now[1] - before[1]) * 1000;
          if (count > 0) {
            lines.put(
                millis,
                String.format(
                    Locale.ROOT,
                    "%8.1f %8.1f %8.1f  %s",
                    count / rounds,
                    millis / count,
                    millis / rounds,
                    name));
          }
        });
    return String.format("%8s %8s %8s%n", "a round", "mean ms", "ms/round")
        + String.join(System.lineSeparator(), lines.values());
  }
}
