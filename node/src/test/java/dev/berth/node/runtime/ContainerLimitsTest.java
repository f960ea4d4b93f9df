package dev.berth.node.runtime;

import static dev.berth.node.runtime.ContainerHost.exit;
import static dev.berth.node.runtime.ContainerHost.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ContainerLimitsTest {
  private static final long MEBIBYTE = 1L << 20;

  @RegisterExtension final ContainerHost host = new ContainerHost();

  @Test
  void whoTakesMoreMemoryThanItsLimitIsKilledAndSaysWhy() throws Exception {
    var runtime = host.open();
    var limit = new ContainerResources(32 * MEBIBYTE, 0, 0, 1000);
    var spec = host.limited(limit, "exec head -c 200m /dev/zero | tail");
    runtime.start(spec);
    var exited = exit(runtime, spec.id());
    assertThat(exited.reason()).isEqualTo("OOMKilled");
    assertThat(exited.exitCode()).isEqualTo(137);
  }

  @Test
  void whoStaysBelowItsLimitLives() throws Exception {
    var runtime = host.open();
    var limit = new ContainerResources(300 * MEBIBYTE, 0, 0, 1000);
    var spec = host.limited(limit, "head -c 50m /dev/zero | tail | wc -c");
    runtime.start(spec);
    assertThat(exit(runtime, spec.id()).reason()).isEqualTo("Completed");
    assertThat(ContainerHost.log(runtime, spec.id())).isEqualTo(50 * MEBIBYTE + "\n");
  }

  @Test
  void cpuIsThrottledAndWeighed() throws Exception {
    var runtime = host.open();
    var limit = new ContainerResources(0, 200, 500, 500);
    var spec = host.limited(limit, "while :; do :; done");
    runtime.start(spec);
    await()
        .untilAsserted(
            () -> assertThat(value(spec, runtime, "cpu.stat", "nr_throttled")).isGreaterThan(2));
    // One of the two kernel interfaces is there.
    assertThat(content(spec, runtime, "cpu.cfs_quota_us") + content(spec, runtime, "cpu.max"))
        .startsWith("20000");
    assertThat(run(runtime, spec.id(), "cat", "/proc/1/oom_score_adj").out()).isEqualTo("500\n");
  }

  @Test
  void aForkBombMeetsABound() throws Exception {
    var runtime = host.open();
    var spec = host.limited(ContainerResources.BEST_EFFORT, "sleep 1000");
    runtime.start(spec);
    assertThat(content(spec, runtime, "pids.max")).isEqualTo("16384\n");
  }

  private String content(ContainerSpec spec, OciRuntime runtime, String file) throws Exception {
    for (var group : groups(spec, runtime)) {
      if (Files.exists(group.resolve(file))) {
        return Files.readString(group.resolve(file));
      }
    }
    return "";
  }

  private long value(ContainerSpec spec, OciRuntime runtime, String file, String name)
      throws Exception {
    return content(spec, runtime, file)
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
        .sum();
  }

  private List<Path> groups(ContainerSpec spec, OciRuntime runtime) throws Exception {
    return ContainerHost.groups(
        "/berth/%s/%s/main-0".formatted(host.settingsOf(runtime).node(), spec.pod().uid()));
  }
}
