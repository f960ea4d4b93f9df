package dev.berth.bin.observe;

import dev.berth.core.observe.Meters;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/** {@link Meters} in a Prometheus registry, with the meters of the JVM and the process. */
public final class PrometheusMeters implements Meters {
  private static final double[] BUCKETS_SECONDS = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    30
  };
  private static final double NANOS_PER_SECOND = 1e9;

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final AtomicBoolean processRegistered = new AtomicBoolean();

  @Override
  public Counter counter(String name, String help, String... labelNames) {
    var counter =
        io.prometheus.metrics.core.metrics.Counter.builder()
            .name(name)
            .help(help)
            .labelNames(labelNames)
            .register(registry);
    return labelNames.length == 0
        ? (amount, labelValues) -> counter.inc(amount)
        : (amount, labelValues) -> counter.labelValues(labelValues).inc(amount);
  }

  @Override
  public Timer timer(String name, String help, String... labelNames) {
    var histogram =
        Histogram.builder()
            .name(name)
            .help(help)
            .labelNames(labelNames)
            .classicOnly()
            .classicUpperBounds(BUCKETS_SECONDS)
            .register(registry);
    return labelNames.length == 0
        ? (nanos, labelValues) -> histogram.observe(nanos / NANOS_PER_SECOND)
        : (nanos, labelValues) ->
            histogram.labelValues(labelValues).observe(nanos / NANOS_PER_SECOND);
  }

  @Override
  public void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(callback -> callback.call(value.getAsDouble()))
        .register(registry);
  }

  @Override
  public void gauges(String name, String help, String[] labelNames, Consumer<GaugeValues> reader) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .labelNames(labelNames)
        .callback(callback -> reader.accept(callback::call))
        .register(registry);
  }

  /** Writes everything in Prometheus' text format. */
  public void scrape(OutputStream out) throws IOException {
    if (processRegistered.compareAndSet(false, true)) {
      // Not at the start: the management classes behind these take longer to load than all of ours.
      ProcessMetrics.register(registry);
    }
    PrometheusTextFormatWriter.create().write(out, registry.scrape());
  }
}
