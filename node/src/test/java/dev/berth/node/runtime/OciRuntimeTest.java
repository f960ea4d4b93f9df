package dev.berth.node.runtime;

import static dev.berth.node.runtime.ContainerHost.awaitLog;
import static dev.berth.node.runtime.ContainerHost.exit;
import static dev.berth.node.runtime.ContainerHost.log;
import static dev.berth.node.runtime.ContainerHost.pod;
import static dev.berth.node.runtime.ContainerHost.run;
import static dev.berth.node.runtime.ContainerHost.shell;
import static dev.berth.node.runtime.ContainerHost.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.berth.node.runtime.ContainerFailure.Reason;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class OciRuntimeTest {
  @RegisterExtension final ContainerHost host = new ContainerHost();

  @Test
  void aContainerRunsAndItsExitIsTold() throws Exception {
    var before = Instant.now().minusSeconds(1);
    var runtime = host.open();
    var spec = shell("echo hello; echo oops >&2; echo bye > /dev/termination-log; exit 7");
    var started = runtime.start(spec);
    assertThat(started.image()).isEqualTo("host");
    assertThat(started.containerId()).matches("oci://[0-9a-f]{64}");
    var exited = exit(runtime, spec.id());
    assertThat(exited.exitCode()).isEqualTo(7);
    assertThat(exited.signal()).isZero();
    assertThat(exited.reason()).isEqualTo("Error");
    assertThat(exited.message()).isEqualTo("bye\n");
    assertThat(exited.startedAt()).isBetween(before, Instant.now());
    assertThat(exited.finishedAt()).isBetween(before, Instant.now());
    assertThat(log(runtime, spec.id())).contains("hello\n").contains("oops\n");
    await().untilAsserted(() -> assertThat(host.exits).hasSize(1));
    assertThat(host.exits.getFirst()).isEqualTo(runtime.status(spec.id()).orElseThrow());
  }

  @Test
  void anEndedContainerKeepsOnlyItsRecordAndItsLog() throws Exception {
    var runtime = host.open();
    var spec = shell("echo x > /file");
    var paths = ContainerPaths.of(host.settingsOf(runtime), spec.id(), spec.pod());
    runtime.start(spec);
    assertThat(exit(runtime, spec.id()).reason()).isEqualTo("Completed");
    await().untilAsserted(() -> assertThat(paths.bundle()).doesNotExist());
    try (var files = Files.list(paths.directory())) {
      assertThat(files).containsExactly(paths.state());
    }
    runtime.remove(spec.id());
    assertThat(paths.directory()).doesNotExist();
    assertThat(paths.log()).doesNotExist();
    assertThat(runtime.list()).isEmpty();
  }

  @Test
  void aContainerWithoutCommandSleepsUntilItIsToldToEnd() throws Exception {
    var runtime = host.open();
    var spec = new ContainerSpec(pod(), "main", 0, "nginx:1.27", ContainerProcess.of());
    var status = runtime.start(spec);
    assertThat(status.imageId()).isEqualTo("host");
    assertThat(status.state()).isInstanceOf(ContainerState.Running.class);
    runtime.stop(spec.id(), Duration.ofSeconds(30));
    assertThat(exit(runtime, spec.id()).reason()).isEqualTo("Completed");
  }

  @Test
  void whoIsToldToEndBeforeItListensIsToldAgain() throws Exception {
    var runtime = host.open();
    var spec = shell("sleep 0.5; trap 'exit 8' TERM; while :; do sleep 0.05; done");
    runtime.start(spec);
    runtime.stop(spec.id(), Duration.ofSeconds(30));
    assertThat(exit(runtime, spec.id()).exitCode()).isEqualTo(8);
  }

  @Test
  void whoDoesNotReactToSigtermIsKilledAfterTheGracePeriod() throws Exception {
    var runtime = host.open();
    var spec = shell("trap '' TERM; echo ready; while :; do sleep 1; done");
    runtime.start(spec);
    awaitLog(runtime, spec.id(), "ready");
    var began = System.nanoTime();
    runtime.stop(spec.id(), Duration.ofMillis(300));
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofMillis(290));
    var exited = exit(runtime, spec.id());
    assertThat(exited.exitCode()).isEqualTo(137);
    assertThat(exited.signal()).isEqualTo(9);
    assertThat(exited.reason()).isEqualTo("Error");
    runtime.stop(spec.id(), Duration.ofDays(1));
  }

  @Test
  void aSecondStopWithLessGraceShortensTheFirst() throws Exception {
    var runtime = host.open();
    var spec = shell("trap '' TERM; echo ready; while :; do sleep 1; done");
    runtime.start(spec);
    awaitLog(runtime, spec.id(), "ready");
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var patient =
          threads.submit(
              () -> {
                runtime.stop(spec.id(), Duration.ofHours(1));
                return true;
              });
      runtime.stop(spec.id(), Duration.ofMillis(50));
      assertThat(patient.get()).isTrue();
    }
    assertThat(exit(runtime, spec.id()).exitCode()).isEqualTo(137);
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

  @Test
  void anAttemptThatIsOverDoesNotRunAgainButTheNextOneDoes() throws Exception {
    var runtime = host.open();
    var pod = pod();
    var process = ContainerProcess.of("/bin/sh", "-c", "echo run; exit 1");
    var first = new ContainerSpec(pod, "main", 0, "host", process);
    var second = new ContainerSpec(pod, "main", 1, "host", process);
    runtime.start(first);
    exit(runtime, first.id());
    assertThat(runtime.start(first).state()).isInstanceOf(ContainerState.Exited.class);
    runtime.start(second);
    exit(runtime, second.id());
    assertThat(log(runtime, first.id())).isEqualTo("run\n");
    assertThat(log(runtime, second.id())).isEqualTo("run\n");
    runtime.remove(first.id());
    assertThat(log(runtime, second.id())).isEqualTo("run\n");
  }

  @Test
  void manyContainersStartAtOnce() throws Exception {
    var runtime = host.open();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var specs = IntStream.range(0, 8).mapToObj(i -> shell("exit " + i)).toList();
      var starts = specs.stream().map(spec -> threads.submit(() -> runtime.start(spec))).toList();
      for (var start : starts) {
        start.get();
      }
      for (var i = 0; i < specs.size(); i++) {
        assertThat(exit(runtime, specs.get(i).id()).exitCode()).isEqualTo(i);
      }
    }
  }

  @Test
  void aProgramThatDoesNotExistIsTheRunsFailureAndLeavesNothing() throws Exception {
    var runtime = host.open();
    var spec = spec("/no/such/program");
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(() -> runtime.start(spec))
        .withMessageContaining("/no/such/program")
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.RUN_FAILED));
    assertThat(runtime.list()).isEmpty();
    assertThat(host.leftBehind(runtime)).isEmpty();
  }

  @Test
  void aMountSourceThatDoesNotExistIsTheCreationsFailureAndIsNamed() throws Exception {
    var runtime = host.open();
    var missing = host.directory().resolve("missing");
    var spec = host.mounting(new ContainerMount(missing, "/data"), "true");
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(() -> runtime.start(spec))
        .withMessageContaining(missing.toString())
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.CREATE_FAILED));
    assertThat(host.leftBehind(runtime)).isEmpty();
    Files.createDirectory(missing);
    runtime.start(spec);
    assertThat(exit(runtime, spec.id()).exitCode()).isZero();
  }

  @Test
  void anUnknownImageNamesTheRemedy() throws Exception {
    var runtime = host.open();
    for (var image : List.of("postgres:17", "docker.io/library/postgres@sha256:abc")) {
      var spec = new ContainerSpec(pod(), "main", 0, image, ContainerProcess.of());
      assertThatExceptionOfType(ContainerFailure.class)
          .isThrownBy(() -> runtime.start(spec))
          .withMessageContaining("imageAliases")
          .withMessageContaining("postgres: host")
          .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.IMAGE_UNAVAILABLE));
    }
    var odd = new ContainerSpec(pod(), "main", 0, "a b", ContainerProcess.of());
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(() -> runtime.start(odd))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.IMAGE_NAME_INVALID));
  }

  @Test
  void aRunningContainerCanBeRemoved() throws Exception {
    var runtime = host.open();
    var spec = shell("sleep 1000");
    var pid = ((ContainerState.Running) runtime.start(spec).state()).pid();
    runtime.remove(spec.id());
    assertThat(ProcessIdentity.of(pid)).isEmpty();
    assertThat(runtime.status(spec.id())).isEmpty();
    assertThat(host.leftBehind(runtime)).isEmpty();
    runtime.remove(spec.id());
  }

  @Test
  void theWholePodGoesWithItsContainersGroupsAndLogs() throws Exception {
    var runtime = host.open();
    var pod = pod();
    var process = ContainerProcess.of("/bin/sh", "-c", "sleep 1000");
    for (var name : List.of("one", "two")) {
      runtime.start(new ContainerSpec(pod, name, 0, "host", process));
    }
    var group = "/berth/" + host.settingsOf(runtime).node() + "/" + pod.uid();
    assertThat(ContainerHost.groups(group)).isNotEmpty();
    assertThat(runtime.controlGroups()).containsValue(pod.uid());
    runtime.removePod(pod.uid());
    assertThat(runtime.controlGroups()).doesNotContainValue(pod.uid());
    assertThat(runtime.list()).isEmpty();
    assertThat(ContainerHost.groups(group)).isEmpty();
    assertThat(ContainerPaths.podLogs(host.settingsOf(runtime), pod)).doesNotExist();
  }

  @Test
  void processesThatShareTheHostsPidsEndWithTheContainer() throws Exception {
    var runtime = host.open();
    var shared =
        new ContainerSecurity(
            null, null, List.of(), false, false, false, true, List.of(), List.of(), true, false);
    var spec = host.secured(shared, "sleep 1000 & echo pid $!; exit 4");
    runtime.start(spec);
    assertThat(exit(runtime, spec.id()).exitCode()).isEqualTo(4);
    var pid = Long.parseLong(log(runtime, spec.id()).strip().split(" ")[1]);
    assertThat(ProcessIdentity.of(pid)).isEmpty();
  }

  @Test
  void theEndOfTheLogIsTheMessageOfAFailureThatLeftNone() throws Exception {
    var runtime = host.open();
    var process = ContainerProcess.of("/bin/sh", "-c", "echo the reason; exit 1");
    var plain = new ContainerSpec(pod(), "main", 0, "host", process);
    var spec =
        new ContainerSpec(
            plain.pod(),
            "main",
            0,
            "host",
            process,
            "h",
            List.of(),
            List.of(),
            List.of(),
            ContainerResources.BEST_EFFORT,
            ContainerSecurity.DEFAULT,
            new TerminationMessage("/tmp/last-words", true),
            ContainerSpec.DEFAULT_GRACE);
    runtime.start(spec);
    assertThat(exit(runtime, spec.id()).message()).isEqualTo("the reason\n");
  }

  @Test
  void aCommandInAContainerThatHasEndedIsRefused() throws Exception {
    var runtime = host.open();
    var spec = shell("exit 0");
    runtime.start(spec);
    exit(runtime, spec.id());
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(() -> run(runtime, spec.id(), "true"))
        .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.NOT_RUNNING));
  }
}
