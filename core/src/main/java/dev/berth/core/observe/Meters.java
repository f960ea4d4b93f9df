package dev.berth.core.observe;

import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * Where a part of the system registers what it counts and times. Names follow the Prometheus
 * conventions (base units, {@code _total} left to the exporter); label values are given in the
 * order of the label names. A name is registered once.
 */
public interface Meters {

  /** A number that only grows. */
  interface Counter {
    void add(long amount, String... labelValues);
  }

  /** A distribution of durations, exported in seconds. */
  interface Timer {
    void record(long nanos, String... labelValues);
  }

  /** Receives the present values of a labelled gauge. */
  interface GaugeValues {
    void set(double value, String... labelValues);
  }

  Counter counter(String name, String help, String... labelNames);

  Timer timer(String name, String help, String... labelNames);

  /** Registers a value that is read at each scrape; {@code value} must not block. */
  void gauge(String name, String help, DoubleSupplier value);

  /** Registers a labelled value that is read at each scrape; {@code reader} must not block. */
  void gauges(String name, String help, String[] labelNames, Consumer<GaugeValues> reader);

  /** Meters that count nothing: for tests and tools. */
  static Meters none() {
    return NoMeters.INSTANCE;
  }
}
