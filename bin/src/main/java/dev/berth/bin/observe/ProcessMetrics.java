package dev.berth.bin.observe;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.UnixOperatingSystemMXBean;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the process and its JVM use, under the names that Prometheus' own clients give them. */
final class ProcessMetrics {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double MILLIS_PER_SECOND = 1e3;
  private static final long PAGE_BYTES = 4096;

  private ProcessMetrics() {}

  static void register(PrometheusRegistry registry) {
    process(registry);
    memory(registry);
    collections(registry);
    var threads = ManagementFactory.getThreadMXBean();
    GaugeWithCallback.builder()
        .name("jvm_threads_current")
        .help("Platform threads.")
        .callback(callback -> callback.call(threads.getThreadCount()))
        .register(registry);
  }

  private static void process(PrometheusRegistry registry) {
    var system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    CounterWithCallback.builder()
        .name("process_cpu_seconds_total")
        .help("Processor time used, in seconds.")
        .callback(callback -> callback.call(system.getProcessCpuTime() / NANOS_PER_SECOND))
        .register(registry);
    GaugeWithCallback.builder()
        .name("process_resident_memory_bytes")
        .help("Memory in use, as the kernel counts it.")
        .callback(callback -> callback.call(residentBytes()))
        .register(registry);
    var started = ManagementFactory.getRuntimeMXBean().getStartTime() / MILLIS_PER_SECOND;
    GaugeWithCallback.builder()
        .name("process_start_time_seconds")
        .help("When the process was started, in seconds since 1970.")
        .callback(callback -> callback.call(started))
        .register(registry);
    if (system instanceof UnixOperatingSystemMXBean unix) {
      GaugeWithCallback.builder()
          .name("process_open_fds")
          .help("Open file descriptors.")
          .callback(callback -> callback.call((double) unix.getOpenFileDescriptorCount()))
          .register(registry);
      GaugeWithCallback.builder()
          .name("process_max_fds")
          .help("How many file descriptors may be open.")
          .callback(callback -> callback.call((double) unix.getMaxFileDescriptorCount()))
          .register(registry);
    }
  }

  private static void memory(PrometheusRegistry registry) {
    var memory = ManagementFactory.getMemoryMXBean();
    GaugeWithCallback.builder()
        .name("jvm_memory_used_bytes")
        .help("Memory that the JVM uses.")
        .labelNames("area")
        .callback(
            callback -> {
              callback.call((double) memory.getHeapMemoryUsage().getUsed(), "heap");
              callback.call((double) memory.getNonHeapMemoryUsage().getUsed(), "nonheap");
            })
        .register(registry);
    GaugeWithCallback.builder()
        .name("jvm_memory_committed_bytes")
        .help("Memory that the JVM has reserved from the system.")
        .labelNames("area")
        .callback(
            callback -> {
              callback.call((double) memory.getHeapMemoryUsage().getCommitted(), "heap");
              callback.call((double) memory.getNonHeapMemoryUsage().getCommitted(), "nonheap");
            })
        .register(registry);
    MemoryUsage heap = memory.getHeapMemoryUsage();
    GaugeWithCallback.builder()
        .name("jvm_memory_max_bytes")
        .help("How large the heap may become.")
        .labelNames("area")
        .callback(callback -> callback.call((double) heap.getMax(), "heap"))
        .register(registry);
  }

  private static void collections(PrometheusRegistry registry) {
    var collectors = ManagementFactory.getGarbageCollectorMXBeans();
    CounterWithCallback.builder()
        .name("jvm_gc_collections_total")
        .help("Garbage collections.")
        .labelNames("gc")
        .callback(
            callback ->
                collectors.forEach(
                    c -> callback.call((double) c.getCollectionCount(), c.getName())))
        .register(registry);
    CounterWithCallback.builder()
        .name("jvm_gc_collection_seconds_total")
        .help("Time spent in garbage collections, in seconds.")
        .labelNames("gc")
        .callback(
            callback ->
                collectors.forEach(
                    c -> callback.call(c.getCollectionTime() / MILLIS_PER_SECOND, c.getName())))
        .register(registry);
  }

  /** The resident set, or 0 where the kernel does not tell it. */
  private static double residentBytes() {
    try {
      var pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
      return Long.parseLong(pages) * (double) PAGE_BYTES;
    } catch (IOException e) {
      return 0;
    }
  }
}
