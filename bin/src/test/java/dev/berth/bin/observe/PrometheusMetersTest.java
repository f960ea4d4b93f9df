package dev.berth.bin.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PrometheusMetersTest {

  @Test
  void everythingRegisteredIsWritten() throws IOException {
    var meters = new PrometheusMeters();
    meters.counter("berth_commits", "Commits.", "result").add(2, "ok");
    meters.timer("berth_sync_seconds", "Syncs.").record(2_000_000);
    meters.gauge("berth_queue_length", "Waiting.", () -> 7);
    meters.gauges(
        "berth_phase",
        "By phase.",
        new String[] {"phase"},
        values -> {
          values.set(1, "Bound");
          values.set(3, "Free");
        });
    assertThat(scrape(meters))
        .contains("berth_commits_total{result=\"ok\"} 2.0")
        .contains("berth_sync_seconds_bucket{le=\"0.0025\"} 1")
        .contains("berth_sync_seconds_bucket{le=\"0.001\"} 0")
        .contains("berth_queue_length 7.0")
        .contains("berth_phase{phase=\"Bound\"} 1.0")
        .contains("berth_phase{phase=\"Free\"} 3.0");
  }

  @Test
  void theProcessIsMeasuredToo() throws IOException {
    var meters = new PrometheusMeters();
    scrape(meters);
    assertThat(scrape(meters))
        .containsPattern("process_resident_memory_bytes [1-9]")
        .containsPattern("process_cpu_seconds_total [0-9]")
        .containsPattern("process_open_fds [1-9]")
        .containsPattern("jvm_memory_used_bytes\\{area=\"heap\"} [1-9]")
        .containsPattern("jvm_memory_max_bytes\\{area=\"heap\"} [1-9]")
        .containsPattern("jvm_threads_current [1-9]")
        .containsPattern("jvm_gc_collections_total\\{gc=");
  }

  private static String scrape(PrometheusMeters meters) throws IOException {
    var out = new ByteArrayOutputStream();
    meters.scrape(out);
    return out.toString(StandardCharsets.UTF_8);
  }
}
