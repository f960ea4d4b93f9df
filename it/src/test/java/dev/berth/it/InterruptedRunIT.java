package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.Leftovers;
import dev.berth.it.harness.LoopDisk;
import dev.berth.it.harness.TestDirectory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A test or benchmark that is ended by a signal takes with it what it has made on the host. */
class InterruptedRunIT {
  private static final String RUNNING = "running";
  private static final long ENDS_WITHIN_SECONDS = 60;
  private static final int SIGTERM_CODE = 128 + 15;

  /** What the interrupted process makes is all below here. */
  @TempDir Path dir;

  @Test
  void nothingOfItStays() throws Exception {
    try {
      var run = start();
      try {
        var said = run.inputReader().readLine();
        assertThat(said).as("what it said; all of it: %s", log()).startsWith(RUNNING + " ");
        var words = said.split(" ");
        var pod = words[1];
        var pids = List.of(words[2], words[3]);
        assertThat(pids).allSatisfy(pid -> assertThat(Path.of("/proc", pid)).exists());
        assertThat(Leftovers.of(dir))
            .anyMatch(left -> left.startsWith("process "))
            .anyMatch(left -> left.startsWith("mount "))
            .anyMatch(left -> left.startsWith("loop device "));
        assertThat(controlGroups(pod)).isNotEmpty();

        run.destroy();
        assertThat(run.waitFor(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS)).as("it ends").isTrue();
        assertThat(run.exitValue()).as(log()).isEqualTo(SIGTERM_CODE);
        assertThat(Leftovers.of(dir)).isEmpty();
        assertThat(dir.resolve("made")).isEmptyDirectory();
        assertThat(controlGroups(pod)).isEmpty();
        // What is dead has its number until init has taken note of it.
        await().until(() -> pids.stream().noneMatch(pid -> Files.exists(Path.of("/proc", pid))));
      } finally {
        run.destroyForcibly().waitFor();
      }
    } finally {
      Leftovers.remove(dir);
    }
  }

  @Test
  void theDirectoryOfATestIsOneOfThose() {
    assertThat(dir.getFileName().toString()).startsWith(TestDirectory.PREFIX);
  }

  private Process start() throws IOException {
    var command =
        new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString()));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("-Dberth.distribution=" + BerthProcess.distribution());
    command.add("-Djava.io.tmpdir=" + Files.createDirectory(dir.resolve("made")));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Run.class.getName()));
    return new ProcessBuilder(command).redirectError(dir.resolve("log").toFile()).start();
  }

  private static String controlGroups(String pod) {
    return Command.run("find", "/sys/fs/cgroup", "-type", "d", "-path", "*/berth/*/" + pod).ok();
  }

  private String log() throws IOException {
    return Files.readString(dir.resolve("log"));
  }

  /** A run that would never end by itself. */
  static final class Run {
    private static final long BYTES = 64L << 20;

    private Run() {}

    public static void main(String[] arguments) throws IOException {
      var dir = new TestDirectory().make();
      var config = Files.writeString(dir.resolve("berth.yaml"), "imageAliases: {nginx: host}\n");
      try (var server = BerthProcess.start("--config", config.toString());
          var disk = LoopDisk.make(server.dir().resolve("disk.img"), BYTES);
          var own = LoopDisk.make(dir.resolve("disk.img"), BYTES)) {
        var cluster = new Cluster(server);
        cluster.apply(
            Cluster.LOCAL_STORAGE,
            Cluster.localVolume("pv", disk.device(), "64Mi", "Retain", "node-1"),
            Cluster.localVolume("own", own.device(), "64Mi", "Retain", "node-1"),
            Cluster.claim("data", "64Mi", "local-storage"),
            Cluster.claim("other", "64Mi", "local-storage"),
            Cluster.pod("runs", "data"),
            Cluster.pod("runs-too", "other"));
        cluster.awaitRunning("runs");
        cluster.awaitRunning("runs-too");
        var pod = cluster.pod("runs").at("/metadata/uid").asString();
        var pids = server.pid() + " " + cluster.pid("runs", "sleep");
        goesOnWhileTheJvmIsStopped();
        System.out.println(RUNNING + " " + pod + " " + pids);
        // Until the test itself is no more, at the latest.
        while (System.in.read() >= 0) {}
      }
    }

    /** As a test does whose server has just been ended: the next one begins. */
    private static void goesOnWhileTheJvmIsStopped() {
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    assertThatThrownBy(() -> new TestDirectory().make())
                        .isInstanceOf(IllegalStateException.class);
                    assertThatThrownBy(BerthProcess::prepare)
                        .isInstanceOf(IllegalStateException.class);
                  }));
    }
  }
}
