package dev.berth.node.runtime;

import static dev.berth.node.runtime.ContainerHost.run;
import static dev.berth.node.runtime.ContainerHost.shell;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.berth.core.node.ExecCommand;
import dev.berth.core.node.ExecSession;
import dev.berth.node.runtime.ContainerFailure.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ExecTest {
  @RegisterExtension final ContainerHost host = new ContainerHost();

  private ContainerId started(ContainerRuntime runtime) throws Exception {
    var spec = shell("sleep 1000");
    runtime.start(spec);
    return spec.id();
  }

  private static void type(ExecSession session, String text) throws Exception {
    session.stdin(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void outputErrorsAndCodeComeBackApart() throws Exception {
    var runtime = host.open();
    var ran = run(runtime, started(runtime), "/bin/sh", "-c", "echo out; echo err >&2; exit 3");
    assertThat(ran.out()).isEqualTo("out\n");
    assertThat(ran.err()).isEqualTo("err\n");
    assertThat(ran.code()).isEqualTo(3);
  }

  @Test
  void inputReachesTheCommandUntilItIsClosed() throws Exception {
    var runtime = host.open();
    var ran = new Ran();
    var cat = new ExecCommand(List.of("cat"), true, false);
    try (var session = runtime.exec(started(runtime), cat, ran)) {
      type(session, "first\n");
      await().untilAsserted(() -> assertThat(ran.out()).isEqualTo("first\n"));
      type(session, "second\n");
      session.closeStdin();
      ran.result.get(10, TimeUnit.SECONDS);
    }
    assertThat(ran.out()).isEqualTo("first\nsecond\n");
    assertThat(ran.code()).isZero();
  }

  @Test
  void withoutInputTheCommandReadsItsEnd() throws Exception {
    var runtime = host.open();
    assertThat(run(runtime, started(runtime), "cat").code()).isZero();
  }

  @Test
  void muchOutputArrivesWhole() throws Exception {
    var runtime = host.open();
    var ran = run(runtime, started(runtime), "/bin/sh", "-c", "head -c 20000000 /dev/zero");
    assertThat(ran.out()).hasSize(20_000_000);
  }

  @Test
  void aTerminalIsATerminalOfTheGivenSize() throws Exception {
    var runtime = host.open();
    var ran = new Ran();
    var shell = new ExecCommand(List.of("/bin/sh"), true, true);
    try (var session = runtime.exec(started(runtime), shell, ran)) {
      session.resize(123, 45);
      // The size passes through two terminals.
      await()
          .untilAsserted(
              () -> {
                type(session, "stty size\n");
                assertThat(ran.out()).contains("45 123");
              });
      type(session, "tty; echo $TERM; exit 9\n");
      ran.result.get(10, TimeUnit.SECONDS);
    }
    assertThat(ran.out()).contains("/dev/pts/").contains("xterm");
    assertThat(ran.code()).isEqualTo(9);
    assertThat(ran.err()).isEmpty();
  }

  @Test
  void theEndOfInputEndsAShellOnATerminal() throws Exception {
    var runtime = host.open();
    var ran = new Ran();
    var shell = new ExecCommand(List.of("/bin/sh"), true, true);
    try (var session = runtime.exec(started(runtime), shell, ran)) {
      await().untilAsserted(() -> assertThat(ran.out()).contains("#"));
      session.closeStdin();
      ran.result.get(10, TimeUnit.SECONDS);
    }
    assertThat(ran.code()).isZero();
  }

  @Test
  void aProgramThatDoesNotExistIsRefusedBeforeTheSession() throws Exception {
    var runtime = host.open();
    var id = started(runtime);
    for (var tty : List.of(false, true)) {
      assertThatExceptionOfType(ContainerFailure.class)
          .isThrownBy(
              () ->
                  runtime.exec(
                      id, new ExecCommand(List.of("no-such-program"), false, tty), new Ran()))
          .withMessageContaining("no-such-program")
          .withMessageContaining("executable file not found")
          .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.RUN_FAILED));
    }
  }

  @Test
  void whatACommandLeavesRunningHoldsTheSessionUntilItIsClosed() throws Exception {
    var runtime = host.open();
    var id = started(runtime);
    var ran = new Ran();
    var session = runtime.exec(id, sh("sleep 100 & echo $!"), ran);
    await().untilAsserted(() -> assertThat(ran.out()).isNotEmpty());
    assertThat(ran.result).isNotDone();
    session.close();
    ran.result.get(10, TimeUnit.SECONDS);
    assertThat(run(runtime, id, "kill", "-0", ran.out().strip()).code()).isZero();
  }

  @Test
  void closingTheSessionEndsTheCommand() throws Exception {
    var runtime = host.open();
    var id = started(runtime);
    var polite = new Ran();
    var stubborn = new Ran();
    var one = runtime.exec(id, sh("echo ready; exec sleep 500"), polite);
    var two =
        runtime.exec(id, sh("trap '' HUP; echo ready; while :; do sleep 501; done"), stubborn);
    for (var ran : List.of(polite, stubborn)) {
      await().untilAsserted(() -> assertThat(ran.out()).isEqualTo("ready\n"));
    }
    one.close();
    two.close();
    polite.result.get(10, TimeUnit.SECONDS);
    stubborn.result.get(10, TimeUnit.SECONDS);
    assertThat(polite.code()).isEqualTo(128 + 1);
    assertThat(stubborn.code()).isEqualTo(128 + 9);
  }

  @Test
  void theEndOfTheContainerEndsItsSessions() throws Exception {
    var runtime = host.open();
    var id = started(runtime);
    var ran = new Ran();
    try (var session = runtime.exec(id, sh("echo ready; sleep 1000"), ran)) {
      await().untilAsserted(() -> assertThat(ran.out()).isEqualTo("ready\n"));
      runtime.stop(id, Duration.ZERO);
      ran.result.get(10, TimeUnit.SECONDS);
      session.resize(1, 1);
    }
    assertThat(ran.code()).isEqualTo(137);
  }

  @Test
  void sessionsAreBoundedAndPlacesComeBack() throws Exception {
    var runtime = host.open();
    var id = started(runtime);
    var sessions = new ArrayList<ExecSession>();
    var all = new ArrayList<Ran>();
    try {
      assertThatExceptionOfType(ContainerFailure.class)
          .isThrownBy(
              () -> {
                while (sessions.size() < 100) {
                  var ran = new Ran();
                  all.add(ran);
                  sessions.add(runtime.exec(id, sh("exec sleep 1000"), ran));
                }
              })
          .satisfies(e -> assertThat(e.reason()).isEqualTo(Reason.TOO_MANY_SESSIONS));
      assertThat(sessions).hasSize(64);
    } finally {
      sessions.forEach(ExecSession::close);
    }
    for (var ran : all.subList(0, 64)) {
      ran.result.get(20, TimeUnit.SECONDS);
    }
    await().untilAsserted(() -> assertThat(run(runtime, id, "true").code()).isZero());
  }

  private static ExecCommand sh(String script) {
    return new ExecCommand(List.of("/bin/sh", "-c", script), false, false);
  }
}
