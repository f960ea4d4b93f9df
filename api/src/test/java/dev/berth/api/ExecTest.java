package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.WriteOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands in containers: the real kubectl, a real WebSocket, real processes of this machine. */
@Timeout(120)
class ExecTest {
  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    server = TestServer.start();
    var pod =
        """
        {"metadata":{"name":"p"},
         "spec":{"nodeName":"n","containers":[{"name":"c","image":"host"}]}}""";
    server.resources.create(
        ResourceTypes.POD,
        "default",
        Json.parseObject(pod.getBytes(StandardCharsets.UTF_8)),
        WriteOptions.DEFAULT);
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  private static Outcome exec(String stdin, String... arguments) {
    var all = new ArrayList<String>();
    all.add("exec");
    all.addAll(List.of(arguments));
    return server.kubectlWith(stdin, all.toArray(String[]::new));
  }

  @Test
  void outputAndErrorsComeApart() {
    var outcome = exec("", "p", "--", "sh", "-c", "echo out; echo err >&2");
    assertThat(outcome).isEqualTo(new Outcome(0, "out\n", "err\n"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 126, 255})
  void theExitCodeIsTheCommands(int code) {
    var outcome = exec("", "p", "--", "sh", "-c", "exit " + code);
    assertThat(outcome.code()).isEqualTo(code);
    assertThat(outcome.err()).isEqualTo("command terminated with exit code " + code + "\n");
  }

  @Test
  void theEndOfTheInputReachesTheCommand() {
    assertThat(exec("one\ntwo\n", "-i", "p", "--", "cat").success()).isEqualTo("one\ntwo\n");
    assertThat(exec("", "-i", "p", "--", "wc", "-c").success().strip()).isEqualTo("0");
  }

  @Test
  void muchGoesBothWays() {
    var much = "0123456789abcde\n".repeat(1 << 18);
    assertThat(exec(much, "-i", "p", "--", "md5sum").success())
        .isEqualTo(server.run(much, List.of("md5sum")).success());
    assertThat(exec("", "p", "--", "head", "-c", "20000000", "/dev/zero").success())
        .hasSize(20_000_000);
  }

  @Test
  void aCommandThatCannotStartIsTold() {
    var outcome = exec("", "p", "--", "/no/such/program");
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err())
        .contains("cannot start /no/such/program in container \"c\" of pod default/p");
  }

  @Test
  void whatCannotBeReachedIsTold() {
    assertThat(exec("", "none", "--", "id").err()).contains("pods \"none\" not found");
    assertThat(exec("", "p", "-c", "other", "--", "id").err())
        .contains("container other is not valid for pod p");
  }

  @Test
  void aTerminalHasItsSize() {
    var command =
        String.join(
            " ",
            server.kubectlCommand(
                "exec", "-it", "p", "--", "sh", "-c", "'echo out; echo err >&2; sleep 0.3'"));
    var outcome =
        server.run("", List.of("script", "-qec", "stty rows 33 cols 99; " + command, "/dev/null"));
    assertThat(outcome.success()).contains("out", "err");
    assertThat(server.containers.sizes).contains("99x33");
  }

  @Test
  void aClientThatGoesTakesItsCommandAlong() throws Exception {
    var before = server.containers.processes.size();
    var client =
        new ProcessBuilder(server.kubectlCommand("exec", "p", "--", "sleep", "1000")).start();
    try {
      await().until(() -> server.containers.processes.size() > before);
      var command = server.containers.processes.getLast();
      assertThat(command.isAlive()).isTrue();
      client.destroyForcibly().waitFor();
      await().until(() -> !command.isAlive());
    } finally {
      client.destroyForcibly();
    }
  }

  @Test
  void aCommandThatIgnoresItsInputStillEnds() {
    var much = "x".repeat(1 << 20);
    assertThat(exec(much, "-i", "p", "--", "sh", "-c", "sleep 0.3; echo done").success())
        .isEqualTo("done\n");
  }
}
