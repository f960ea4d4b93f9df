package dev.berth.core.observe;

import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

enum NoMeters implements Meters {
  INSTANCE;

  @Override
  public Counter counter(String name, String help, String... labelNames) {
    return (amount, labelValues) -> {};
  }

  @Override
  public Timer timer(String name, String help, String... labelNames) {
    return (nanos, labelValues) -> {};
  }

  @Override
  public void gauge(String name, String help, DoubleSupplier value) {}

  @Override
  public void gauges(String name, String help, String[] labelNames, Consumer<GaugeValues> reader) {}
}
