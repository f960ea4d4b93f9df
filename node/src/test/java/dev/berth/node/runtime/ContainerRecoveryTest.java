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

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a new server finds: after a clean end, after SIGKILL, after a restart of the host. */
class ContainerRecoveryTest {
  @RegisterExtension final ContainerHost host = new ContainerHost();

  @Test
  void aRunningContainerIsFoundAgainAndWasNeverTouched() throws Exception {
    var settings = host.settings();
    var first = host.open(settings);
    var spec = shell("echo before; while [ ! -e /go ]; do sleep 0.05; done; echo after; exit 3");
    var started = first.start(spec);
    awaitLog(first, spec.id(), "before");
    host.close(first);
    var second = host.open(settings);
    assertThat(second.list()).containsExactly(started);
    assertThat(second.start(spec)).isEqualTo(started);
    run(second, spec.id(), "touch", "/go");
    assertThat(exit(second, spec.id()).exitCode()).isEqualTo(3);
    assertThat(log(second, spec.id())).isEqualTo("before\nafter\n");
  }

  @Test
  void anExitThatNobodySawIsToldAtTheNextStart() throws Exception {
    var settings = host.settings();
    var first = host.open(settings);
    var spec = shell("sleep 0.3; exit 5");
    var paths = ContainerPaths.of(settings, spec.id(), spec.pod());
    first.start(spec);
    host.close(first);
    host.exits.clear();
    await().untilAsserted(() -> assertThat(paths.exitFile()).exists());
    var finished = Files.getLastModifiedTime(paths.exitFile()).toInstant();
    var second = host.open(settings);
    var exited = exit(second, spec.id());
    assertThat(exited.exitCode()).isEqualTo(5);
    assertThat(exited.finishedAt()).isEqualTo(finished);
    await().untilAsserted(() -> assertThat(host.exits).isNotEmpty());
    host.exits.clear();
    host.close(second);
    host.open(settings);
    assertThat(host.exits).extracting(ContainerStatus::id).containsExactly(spec.id());
  }

  @Test
  void aContainerWhoseMonitorWasKilledTooHasAnUnknownEnd() throws Exception {
    var settings = host.settings();
    var first = host.open(settings);
    var spec = shell("sleep 1000");
    var pid = ((ContainerState.Running) first.start(spec).state()).pid();
    host.close(first);
    var monitor = Conmon.monitor(ContainerPaths.of(settings, spec.id(), spec.pod())).orElseThrow();
    ContainerHost.SYSCALLS.signal(monitor.pid(), 9, false);
    ContainerHost.SYSCALLS.signal(pid, 9, false);
    await().until(() -> ProcessIdentity.of(pid).isEmpty());
    var second = host.open(settings);
    var exited = exit(second, spec.id());
    assertThat(exited.reason()).isEqualTo("ContainerStatusUnknown");
    assertThat(exited.exitCode()).isEqualTo(137);
  }

  @Test
  void aLaterProcessOfTheSameNumberIsNeverTakenForTheContainer() throws Exception {
    var settings = host.settings();
    var stranger = new ProcessBuilder("sleep", "1000").start();
    try {
      var real = ProcessIdentity.of(stranger.pid()).orElseThrow();
      var spec = spec();
      record(settings, spec, boot(), new ProcessIdentity(real.pid(), real.startTicks() - 1));
      var runtime = host.open(settings);
      assertThat(exit(runtime, spec.id()).reason()).isEqualTo("ContainerStatusUnknown");
      runtime.stop(spec.id(), Duration.ZERO);
      runtime.remove(spec.id());
      assertThat(stranger.isAlive()).isTrue();
    } finally {
      stranger.destroyForcibly().waitFor();
    }
  }

  @Test
  void afterARestartOfTheHostProcessNumbersMeanNothing() throws Exception {
    var settings = host.settings();
    var stranger = new ProcessBuilder("sleep", "1000").start();
    try {
      var real = ProcessIdentity.of(stranger.pid()).orElseThrow();
      var running = spec();
      var halfMade = spec();
      record(settings, running, "another-boot", real);
      record(settings, halfMade, "another-boot", null);
      for (var spec : List.of(running, halfMade)) {
        var paths = ContainerPaths.of(settings, spec.id(), spec.pod());
        Files.createDirectories(paths.ociState());
        Files.createDirectories(paths.upper().resolve("some/thing"));
        Files.createDirectories(paths.bundle());
      }
      var runtime = host.open(settings);
      var exited = exit(runtime, running.id());
      assertThat(exited.message()).contains("restarted");
      assertThat(runtime.status(halfMade.id())).isEmpty();
      assertThat(stranger.isAlive()).isTrue();
      runtime.start(
          new ContainerSpec(running.pod(), "main", 1, "host", ContainerProcess.of("true")));
    } finally {
      stranger.destroyForcibly().waitFor();
    }
  }

  private static void record(
      OciSettings settings, ContainerSpec spec, String boot, @Nullable ProcessIdentity process)
      throws Exception {
    var paths = ContainerPaths.of(settings, spec.id(), spec.pod());
    Files.createDirectories(paths.directory());
    var now = Instant.now();
    var record =
        new ContainerRecord(
            spec.id(),
            spec.pod(),
            "host",
            "host",
            TerminationMessage.DEFAULT,
            Duration.ofSeconds(7),
            false,
            boot,
            now,
            process,
            process == null ? null : now,
            null);
    ContainerRecords.write(paths.state(), record);
    assertThat(ContainerRecords.read(paths.state())).contains(record);
  }

  private static String boot() throws Exception {
    return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
  }

  @Test
  void aTornRecordIsTakenAwayAndANewerOneIsRefused() throws Exception {
    var settings = host.settings();
    var torn = Files.createDirectories(ContainerPaths.containers(settings).resolve("torn"));
    Files.writeString(torn.resolve("state.json"), "{\"format\": 1, \"po");
    Files.createDirectories(torn.resolve("upper/etc"));
    var runtime = host.open(settings);
    assertThat(torn).doesNotExist();
    host.close(runtime);
    Files.createDirectories(torn);
    Files.writeString(torn.resolve("state.json"), "{\"format\": 2}");
    var newer = host.create(settings);
    assertThatExceptionOfType(ContainerFailure.class)
        .isThrownBy(newer::recover)
        .withMessageContaining("newer");
    assertThat(torn).exists();
    Files.delete(torn.resolve("state.json"));
    Files.delete(torn);
  }

  @Test
  void twoNodesOnOneHostDoNotMeet() throws Exception {
    var one = host.open();
    var two = host.open();
    var pod = pod();
    var process = ContainerProcess.of("/bin/sh", "-c", "sleep 1000");
    var spec = new ContainerSpec(pod, "main", 0, "host", process);
    one.start(spec);
    two.start(spec);
    var pid = ((ContainerState.Running) two.status(spec.id()).orElseThrow().state()).pid();
    one.removePod(pod.uid());
    host.close(one);
    var again = host.open(host.settingsOf(one));
    assertThat(again.list()).isEmpty();
    assertThat(ProcessIdentity.of(pid)).isPresent();
    assertThat(run(two, spec.id(), "echo", "here").out()).isEqualTo("here\n");
  }

  @Test
  void whateverTheMomentOfTheKillEachContainerRunsOnceOrCanBeStartedOnce() throws Exception {
    var seed = new Random().nextLong();
    var random = new Random(seed);
    for (var round = 0; round < 4; round++) {
      killedWhileStarting("seed %d, round %d".formatted(seed, round), random.nextInt(5, 400));
    }
  }

  @Test
  @Tag("long")
  void manyKills() throws Exception {
    var seed = new Random().nextLong();
    var random = new Random(seed);
    for (var round = 0; round < 60; round++) {
      killedWhileStarting("seed %d, round %d".formatted(seed, round), random.nextInt(5, 300));
    }
  }

  private void killedWhileStarting(String name, int afterMillis) throws Exception {
    var settings = host.settings();
    var traces = Files.createDirectory(host.directory().resolve("traces-" + settings.node()));
    var count = 4;
    var child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                ContainerChild.class.getName(),
                settings.node(),
                settings.root().toString(),
                traces.toString(),
                String.valueOf(count))
            .redirectErrorStream(true)
            .start();
    try (var out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      for (var line = out.readLine(); !"ready".equals(line); line = out.readLine()) {
        assertThat(line).as("the child's output (%s)", name).isNotNull();
      }
      // A moment somewhere between the first step of a start and its last.
      Thread.sleep(afterMillis);
    } finally {
      child.destroyForcibly().waitFor();
    }
    var runtime = host.open(settings);
    var survivors = runtime.list();
    for (var number = 0; number < count; number++) {
      var spec = ContainerChild.spec(traces, number);
      var before = survivors.stream().filter(status -> status.id().equals(spec.id())).findFirst();
      var after = runtime.start(spec);
      before.ifPresent(status -> assertThat(after).as(name).isEqualTo(status));
      assertThat(after.state()).as(name).isInstanceOf(ContainerState.Running.class);
      var trace = traces.resolve(String.valueOf(number));
      await().untilAsserted(() -> assertThat(trace).exists());
      assertThat(trace).as("%s: runs of container %d", name, number).hasContent("run\n");
    }
    assertThat(runtime.list()).hasSize(count);
    for (var number = 0; number < count; number++) {
      runtime.removePod("uid-" + number);
    }
    host.close(runtime);
    assertThat(host.leftBehind(runtime)).as(name).isEmpty();
  }
}
