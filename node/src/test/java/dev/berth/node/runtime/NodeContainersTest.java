package dev.berth.node.runtime;

import static dev.berth.node.runtime.ContainerHost.exit;
import static dev.berth.node.runtime.ContainerHost.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.berth.core.node.ContainerAccessException;
import dev.berth.core.node.ContainerAccessException.Reason;
import dev.berth.core.node.ContainerTarget;
import dev.berth.core.node.ExecCommand;
import dev.berth.core.node.LogQuery;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class NodeContainersTest {
  @RegisterExtension final ContainerHost host = new ContainerHost();

  @Test
  void theLatestRunAndTheOneBeforeAreFound() throws Exception {
    var runtime = host.open();
    var access = new NodeContainers(runtime);
    var pod = pod();
    var target = new ContainerTarget("node-1", pod.namespace(), pod.name(), pod.uid(), "main");
    refused(() -> access.logs(target, LogQuery.ALL), Reason.NOT_FOUND, "waiting to start");
    for (var attempt = 0; attempt < 2; attempt++) {
      var spec =
          new ContainerSpec(
              pod,
              "main",
              attempt,
              "host",
              ContainerProcess.of("/bin/sh", "-c", "echo run " + attempt));
      runtime.start(spec);
      exit(runtime, spec.id());
      if (attempt == 0) {
        refused(() -> access.logs(target, PREVIOUS), Reason.NOT_FOUND, "no earlier run");
      }
    }
    assertThat(read(access, target, LogQuery.ALL)).isEqualTo("run 1\n");
    assertThat(read(access, target, PREVIOUS)).isEqualTo("run 0\n");
    var command = new ExecCommand(List.of("true"), false, false);
    refused(() -> access.exec(target, command, new Ran()), Reason.NOT_RUNNING, "run");
    runtime.start(new ContainerSpec(pod, "main", 2, "host", ContainerProcess.of()));
    var ran = new Ran();
    try (var session =
        access.exec(target, new ExecCommand(List.of("echo", "hi"), false, false), ran)) {
      session.closeStdin();
      ran.result.get(10, TimeUnit.SECONDS);
    }
    assertThat(ran.out()).isEqualTo("hi\n");
    refused(
        () -> access.exec(target, new ExecCommand(List.of("no-such"), false, false), new Ran()),
        Reason.CANNOT_START,
        "no-such");
  }

  private static final LogQuery PREVIOUS =
      new LogQuery(true, false, OptionalLong.empty(), null, false, OptionalLong.empty());

  private static String read(NodeContainers access, ContainerTarget target, LogQuery query)
      throws Exception {
    try (var in = access.logs(target, query)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void refused(ThrowingCallable call, Reason reason, String text) {
    assertThatExceptionOfType(ContainerAccessException.class)
        .isThrownBy(call)
        .withMessageContaining(text)
        .satisfies(e -> assertThat(e.reason()).isEqualTo(reason));
  }
}
