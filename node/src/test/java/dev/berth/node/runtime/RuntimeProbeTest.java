package dev.berth.node.runtime;

import static dev.berth.node.runtime.ContainerHost.exit;
import static dev.berth.node.runtime.ContainerHost.log;
import static dev.berth.node.runtime.ContainerHost.run;
import static dev.berth.node.runtime.ContainerHost.shell;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.berth.node.runtime.ContainerFailure.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RuntimeProbeTest {
  @RegisterExtension final ContainerHost host = new ContainerHost();

  /** crun works on no hybrid host as it is: it must not see the control groups of version 2. */
  private Path workingCrun() throws Exception {
    assertThat(ContainerHost.CHILDREN.locate("crun"))
        .as("this test needs crun: apt-get install crun")
        .isPresent();
    return host.script(
        "crun",
        "exec unshare -m sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec crun \"$@\"'"
            + " crun \"$@\"");
  }

  @Test
  void theFirstThatWorksIsChosenAndRemembered() throws Exception {
    var count = host.directory().resolve("count");
    var note = "[ $2 = run ] && echo %s >> " + count + "; echo no such thing >&2; exit 1";
    var broken = host.script("broken", note.formatted("tried"));
    var settings = host.programs(List.of("/nowhere/runc", broken.toString(), "runc"), "conmon");
    var first = host.open(settings);
    assertThat(first.version()).matches("runc://\\d.*");
    assertThat(count).hasContent("tried\n");
    host.close(first);
    var second = host.open(settings);
    assertThat(second.version()).isEqualTo(first.version());
    assertThat(count).hasContent("tried\n");
    host.close(second);
    // A program that has changed is tried again.
    host.script("broken", note.formatted("again"));
    assertThat(host.open(settings).version()).isEqualTo(first.version());
    assertThat(count).hasContent("tried\nagain\n");
  }

  @Test
  void nothingThatWorksIsAFailureThatNamesThePackage() throws Exception {
    var broken = host.script("runc", "echo cannot clone >&2; exit 1");
    var runtime = host.open(host.programs(List.of(broken.toString(), "/nowhere/crun"), "conmon"));
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(runtime::version)
        .withMessageContaining("cannot clone")
        .withMessageContaining("/nowhere/crun is not installed")
        .withMessageContaining("apt-get install runc")
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.RUNTIME_UNAVAILABLE));
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(() -> runtime.start(shell("true")))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.RUNTIME_UNAVAILABLE));
    assertThat(runtime.list()).isEmpty();
  }

  @Test
  void aMissingMonitorIsAFailureThatNamesThePackage() throws Exception {
    var runtime = host.open(host.programs(List.of("runc"), "/nowhere/conmon"));
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(() -> runtime.start(shell("true")))
        .withMessageContaining("/nowhere/conmon")
        .withMessageContaining("apt-get install conmon")
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.RUNTIME_UNAVAILABLE));
  }

  @Test
  void crunRunsContainersWhereRuncIsBroken() throws Exception {
    var broken = host.script("runc", "exit 1");
    var crun = workingCrun();
    var runtime = host.open(host.programs(List.of(broken.toString(), crun.toString()), "conmon"));
    assertThat(runtime.version()).startsWith("crun://");
    var spec = shell("echo from crun; trap 'exit 6' TERM; while :; do sleep 0.1; done");
    runtime.start(spec);
    await().untilAsserted(() -> assertThat(log(runtime, spec.id())).isEqualTo("from crun\n"));
    assertThat(run(runtime, spec.id(), "/bin/sh", "-c", "echo in; exit 2").code()).isEqualTo(2);
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(() -> run(runtime, spec.id(), "no-such-program"))
        .withMessageContaining("no-such-program");
    runtime.stop(spec.id(), Duration.ofSeconds(20));
    assertThat(exit(runtime, spec.id()).exitCode()).isEqualTo(6);
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(() -> runtime.start(ContainerHost.spec("/no/such/program")))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.RUN_FAILED));
  }

  @Test
  void aRuntimeThatVanishesIsLookedForAgain() throws Exception {
    var runc = ContainerHost.CHILDREN.locate("runc").orElseThrow();
    var link = host.directory().resolve("runc");
    Files.createSymbolicLink(link, runc);
    var runtime = host.open(host.programs(List.of(link.toString(), "runc"), "conmon"));
    runtime.version();
    Files.delete(link);
    var spec = shell("exit 0");
    assertThatExceptionOfType(ContainerFailure.class).isThrownBy(() -> runtime.start(spec));
    runtime.start(spec);
    assertThat(exit(runtime, spec.id()).exitCode()).isZero();
  }
}
