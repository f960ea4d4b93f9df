package dev.berth.node.runtime;

import static dev.berth.node.runtime.ContainerHost.awaitLog;
import static dev.berth.node.runtime.ContainerHost.exit;
import static dev.berth.node.runtime.ContainerHost.log;
import static dev.berth.node.runtime.ContainerHost.run;
import static dev.berth.node.runtime.ContainerHost.shell;
import static dev.berth.node.runtime.ContainerHost.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class OciRuntimeTest {
  @RegisterExtension final ContainerHost host = new ContainerHost();

  @Test
  void aContainerRunsAndItsExitIsTold() throws Exception {
    var runtime = host.open();
    var spec = shell("echo hello; echo oops >&2; exit 7");
    var started = runtime.start(spec);
    assertThat(started.image()).isEqualTo("host");
    var exited = exit(runtime, spec.id());
    assertThat(exited.exitCode()).isEqualTo(7);
    assertThat(exited.reason()).isEqualTo("Error");
    assertThat(log(runtime, spec.id())).contains("hello\n").contains("oops\n");
    await().untilAsserted(() -> assertThat(host.exits).hasSize(1));
  }

  @Test
  void aCommandRunsInsideAndSeesTheContainer() throws Exception {
    var runtime = host.open();
    var spec = spec();
    runtime.start(spec);
    var ran = run(runtime, spec.id(), "/bin/sh", "-c", "hostname; echo err >&2; exit 3");
    assertThat(ran.out()).isEqualTo(spec.pod().name() + "\n");
    assertThat(ran.err()).isEqualTo("err\n");
    assertThat(ran.code()).isEqualTo(3);
    runtime.stop(spec.id(), Duration.ofSeconds(10));
    assertThat(exit(runtime, spec.id()).exitCode()).isZero();
  }

  @Test
  void aStartTwiceIsOneContainer() throws Exception {
    var runtime = host.open();
    var spec = shell("echo once; sleep 100");
    var first = runtime.start(spec);
    awaitLog(runtime, spec.id(), "once");
    assertThat(runtime.start(spec)).isEqualTo(first);
    assertThat(runtime.list()).hasSize(1);
    assertThat(log(runtime, spec.id())).isEqualTo("once\n");
  }
}
