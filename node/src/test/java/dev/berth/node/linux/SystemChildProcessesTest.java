package dev.berth.node.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.berth.core.observe.Meters;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SystemChildProcessesTest {
  private static final Deadline LONG = Deadline.byClock(Duration.ofSeconds(30));
  private static final SystemChildProcesses.Limits HASTY =
      new SystemChildProcesses.Limits(
          Tools.SYSTEM, 4, Duration.ofMillis(200), Duration.ofMillis(200));

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final Syscalls syscalls = new JnrSyscalls();
  private final ChildProcesses children = new SystemChildProcesses(HASTY, Meters.none());

  @Test
  void exitCodeAndBothOutputsAreTold() throws Exception {
    var result = children.run(shell("echo out; echo err >&2; exit 3"));

    assertThat(result).isEqualTo(new ChildResult.Exited(3, "out\n", "err\n"));
  }

  @Test
  void aChildHasNoStdinNoFileOfOursAndAGroupOfItsOwn() throws Exception {
    try (var ours = syscalls.open(disks.directory(), java.util.Set.of(), 0)) {
      var result =
          children.run(shell("readlink /proc/self/fd/*; cut -d' ' -f1,5,6 /proc/$$/stat; env"));

      var out = ((ChildResult.Exited) result).out().lines().toList();
      assertThat(out).doesNotContain(ours.subject()).contains("/dev/null");
      assertThat(out).filteredOn(line -> line.startsWith("/")).hasSizeLessThanOrEqualTo(2);
      var ids = out.stream().filter(line -> line.matches("\\d+ \\d+ \\d+")).findFirst();
      assertThat(ids.orElseThrow().split(" ")).containsOnly(ids.get().split(" ")[0]);
      assertThat(out).contains("LC_ALL=C").noneMatch(line -> line.startsWith("JAVA_HOME"));
    }
  }

  @Test
  void aMissingToolIsNamedWithItsPackage() throws Exception {
    var none = new SystemChildProcesses.Limits(List.of(), 4, Duration.ZERO, Duration.ZERO);
    var result =
        new SystemChildProcesses(none, Meters.none())
            .run(ChildCommand.of(LONG, "mkfs.xfs", "/dev/null"));

    assertThat(result)
        .isEqualTo(
            new ChildResult.NotStarted(
                "mkfs.xfs",
                "the program mkfs.xfs is not installed on this node: install the package"
                    + " xfsprogs (apt-get install xfsprogs)"));
  }

  @Test
  void outputBeyondTheLimitIsDroppedWithoutStoppingTheChild() throws Exception {
    var command =
        new ChildCommand(
            "sh",
            List.of("-c", "head -c 5000000 /dev/zero; echo end >&2"),
            java.util.Map.of(),
            LONG,
            1000);
    var result = (ChildResult.Exited) children.run(command);

    assertThat(result.code()).isZero();
    assertThat(result.out()).hasSize(1000);
    assertThat(result.err()).isEqualTo("end\n");
  }

  @Test
  void aDeadlineEndsTheWholeGroup() throws Exception {
    var child =
        children.start(
            new ChildCommand(
                "sh",
                List.of("-c", "trap '' TERM; sleep 1000 & echo $!; wait; wait"),
                java.util.Map.of(),
                Deadline.byClock(Duration.ofMillis(300)),
                1000));
    var result = child.await();

    assertThat(result).isInstanceOf(ChildResult.Killed.class);
    var killed = (ChildResult.Killed) result;
    assertThat(killed.cause()).isEqualTo(ChildResult.Cause.TOO_LONG);
    var grandchild = Long.parseLong(killed.out().strip());
    await().until(() -> !running(grandchild));
  }

  @Test
  void progressKeepsAChildAliveAndItsLackEndsIt() throws Exception {
    var stall = Deadline.byProgress(Duration.ofSeconds(60), Duration.ofMillis(400));
    var busy = "i=0; while [ $i -lt 12 ]; do i=$((i+1)); echo x; sleep 0.1; done";

    assertThat(children.run(ChildCommand.of(stall, "sh", "-c", busy)))
        .isInstanceOf(ChildResult.Exited.class);
    assertThat(children.run(ChildCommand.of(stall, "sleep", "1000")))
        .isEqualTo(new ChildResult.Killed(ChildResult.Cause.STALLED, "", ""));
  }

  @Test
  void progressOfAnotherKindCounts() throws Exception {
    var deadline =
        Deadline.byProgress(Duration.ofSeconds(60), Duration.ofMillis(200), System::nanoTime);

    assertThat(children.run(ChildCommand.of(deadline, "sleep", "1")))
        .isEqualTo(new ChildResult.Exited(0, "", ""));
  }

  @Test
  void cancelEndsAChildAndAnInterruptCancels() throws Exception {
    var child = children.start(ChildCommand.of(LONG, "sleep", "1000"));
    child.cancel();
    assertThat(child.await())
        .isEqualTo(new ChildResult.Killed(ChildResult.Cause.CANCELLED, "", ""));

    var second = children.start(ChildCommand.of(LONG, "sleep", "1000"));
    var waiting = new CompletableFuture<Boolean>();
    var thread =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    second.await();
                    waiting.complete(false);
                  } catch (InterruptedException e) {
                    waiting.complete(true);
                  }
                });
    thread.interrupt();
    assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
    assertThat(second.result().get(10, TimeUnit.SECONDS))
        .isEqualTo(new ChildResult.Killed(ChildResult.Cause.CANCELLED, "", ""));
  }

  @Test
  void moreChildrenThanPlacesAllRun() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var results = new ArrayList<java.util.concurrent.Future<ChildResult>>();
      for (var i = 0; i < 40; i++) {
        var number = i;
        results.add(threads.submit(() -> children.run(shell("echo " + number))));
      }
      for (var i = 0; i < 40; i++) {
        assertThat(results.get(i).get()).isEqualTo(new ChildResult.Exited(0, i + "\n", ""));
      }
    }
  }

  @Test
  void aGrandchildThatKeepsThePipeDoesNotDelayTheResult() throws Exception {
    var result = children.run(shell("sleep 1000 & echo $!"));

    var grandchild = Long.parseLong(((ChildResult.Exited) result).out().strip());
    assertThat(running(grandchild)).isTrue();
    syscalls.signal(grandchild, 9, false);
  }

  @Test
  void pipesCarryBothWays() throws Exception {
    var cat = children.pipe(ChildCommand.of(LONG, "cat"));
    cat.stdin().write("through\n".getBytes(StandardCharsets.UTF_8));
    cat.stdin().close();

    assertThat(cat.stdout().readAllBytes()).asString().isEqualTo("through\n");
    assertThat(cat.exit().get(10, TimeUnit.SECONDS)).isZero();
    var sleeping = children.pipe(ChildCommand.of(LONG, "sleep", "1000"));
    sleeping.signal(9);
    assertThat(sleeping.exit().get(10, TimeUnit.SECONDS)).isEqualTo(128 + 9);
    assertThatThrownBy(() -> children.pipe(ChildCommand.of(LONG, "/no/such/tool")))
        .hasMessageContaining("/no/such/tool is not installed");
  }

  @Test
  void aChildStuckInTheKernelIsAbandonedAndItsLateEndIsSeen() throws Exception {
    var frozen = frozenDisk();
    var command =
        ChildCommand.of(
            Deadline.byProgress(Duration.ofSeconds(30), Duration.ofMillis(500)),
            "dd",
            "if=/dev/urandom",
            "of=" + frozen.device(),
            "bs=4096",
            "count=1",
            "oflag=direct",
            "status=none");
    var result = children.run(command);

    assertThat(result).isInstanceOf(ChildResult.Abandoned.class);
    var abandoned = (ChildResult.Abandoned) result;
    assertThat(abandoned.cause()).isEqualTo(ChildResult.Cause.STALLED);
    assertThat(running(abandoned.pid())).isTrue();
    assertThat(abandoned.lateExit()).isNotDone();
    thaw();
    assertThat(abandoned.lateExit().get(30, TimeUnit.SECONDS).code()).isIn(128 + 9, 128 + 15);
  }

  @Test
  void aStuckChildDoesNotKeepTheJvm() throws Exception {
    var frozen = frozenDisk();
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var jvm =
        new ProcessBuilder(
                java,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                StuckChild.class.getName(),
                frozen.device().toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    var out = new String(jvm.getInputStream().readNBytes(10), StandardCharsets.UTF_8);

    assertThat(out).isEqualTo("abandoned\n");
    assertThat(jvm.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(jvm.exitValue()).isZero();
    thaw();
  }

  /** Writes to a frozen disk in a child, sees it abandoned and leaves main. */
  static final class StuckChild {
    private StuckChild() {}

    @SuppressWarnings("SystemOut") // Its parent reads it.
    public static void main(String[] args) throws Exception {
      var children = new SystemChildProcesses(HASTY, Meters.none());
      var command =
          ChildCommand.of(
              Deadline.byClock(Duration.ofMillis(300)),
              "dd",
              "if=/dev/urandom",
              "of=" + args[0],
              "bs=4096",
              "count=1",
              "oflag=direct",
              "status=none");
      if (children.run(command) instanceof ChildResult.Abandoned) {
        System.out.print("abandoned\n");
      }
    }
  }

  /** A disk whose writes wait for ever: the file system that holds its image is frozen. */
  private LoopDisk frozenDisk() {
    var outer = disks.disk(64 << 20);
    LoopDisks.run("mkfs.ext4", "-q", outer.device().toString());
    var mounted = disks.mount(outer, "ext4", "frozen");
    var image = mounted.resolve("inner.img");
    LoopDisks.run("truncate", "-s", "16M", image.toString());
    var inner = disks.attach(image);
    LoopDisks.run("fsfreeze", "--freeze", mounted.toString());
    return inner;
  }

  private void thaw() {
    LoopDisks.run("fsfreeze", "--unfreeze", disks.directory().resolve("frozen").toString());
  }

  private static ChildCommand shell(String script) {
    return ChildCommand.of(LONG, "sh", "-c", script);
  }

  private static boolean running(long pid) {
    return Files.exists(Path.of("/proc/" + pid));
  }
}
