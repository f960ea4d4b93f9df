package dev.berth.it.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Durations of one thing that was done again and again, in milliseconds. */
final class Samples {
  static final String HEADER =
      String.format("%-28s %8s %8s %8s %8s", "", "min ms", "p50 ms", "p99 ms", "max ms");

  private final String name;
  private final List<Double> millis = Collections.synchronizedList(new ArrayList<>());

  Samples(String name) {
    this.name = name;
  }

  void add(long nanos) {
    millis.add(nanos / 1e6);
  }

  int count() {
    return millis.size();
  }

  /** The smallest sample that {@code percent} of all do not exceed; NaN without samples. */
  double percentile(double percent) {
    var sorted = millis.stream().sorted().toList();
    if (sorted.isEmpty()) {
      return Double.NaN;
    }
    var index = (int) Math.ceil(percent / 100 * sorted.size()) - 1;
    return sorted.get(Math.max(0, index));
  }

  String row() {
    return String.format(
        Locale.ROOT,
        "%-28s %8.1f %8.1f %8.1f %8.1f",
        name,
        percentile(0),
        percentile(50),
        percentile(99),
        percentile(100));
  }
}
