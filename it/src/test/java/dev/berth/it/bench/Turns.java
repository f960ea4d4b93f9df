package dev.berth.it.bench;

import dev.berth.it.harness.BerthProcess;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** How long the turns of a server's loops took, as its histograms tell. */
final class Turns {
  private static final Pattern BUCKET =
      Pattern.compile("(berth_\\w+_loop_seconds)_bucket\\{le=\"([^\"]+)\"\\} (\\S+)");

  /** How many turns took at most so many seconds, by loop. */
  private final Map<String, TreeMap<Double, Double>> loops = new TreeMap<>();

  private Turns() {}

  static Turns of(BerthProcess server) {
    var turns = new Turns();
    var found = BUCKET.matcher(server.call("GET", "/metrics", "", "").body());
    while (found.find()) {
      var bound =
          found.group(2).equals("+Inf")
              ? Double.POSITIVE_INFINITY
              : Double.parseDouble(found.group(2));
      turns
          .loops
          .computeIfAbsent(found.group(1), name -> new TreeMap<>())
          .put(bound, Double.parseDouble(found.group(3)));
    }
    return turns;
  }

  /** One line for each loop: the bound of the bucket in which the 99th percentile falls. */
  String since(Turns earlier) {
    var text = new StringBuilder();
    loops.forEach(
        (name, now) -> {
          var before = earlier.loops.getOrDefault(name, new TreeMap<>());
          var all = now.lastEntry().getValue() - before.getOrDefault(Double.POSITIVE_INFINITY, 0.0);
          for (var bucket : now.entrySet()) {
            var bound = bucket.getKey();
            if (bucket.getValue() - before.getOrDefault(bound, 0.0) >= 0.99 * all) {
              text.append("%s: p99 <= %s ms of %.0f turns%n".formatted(name, bound * 1000, all));
              break;
            }
          }
        });
    return text.toString();
  }
}
