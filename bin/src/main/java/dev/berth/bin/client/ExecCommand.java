package dev.berth.bin.client;

import dev.berth.core.model.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth exec}: speaks the fifth version of Kubernetes' channel protocol. */
@Command(
    name = "exec",
    description = "Runs a command in a container; its exit code becomes that of this command.",
    mixinStandardHelpOptions = true)
public final class ExecCommand implements Callable<Integer> {
  private static final String PROTOCOL = "v5.channel.k8s.io";
  private static final int STDIN = 0;
  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int OUTCOME = 3;
  private static final int RESIZE = 4;
  private static final int CLOSE = 255;

  private final Console console;

  @Mixin final Connection connection = new Connection();

  @Parameters(index = "0", paramLabel = "POD", description = "The pod.")
  String pod = "";

  @Parameters(index = "1..*", paramLabel = "COMMAND", description = "The command, after --.")
  List<String> command = new ArrayList<>();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      description = "Its namespace (default: default).")
  String namespace = Scope.DEFAULT_NAMESPACE;

  @Option(
      names = {"-c", "--container"},
      paramLabel = "NAME",
      description = "The container, in a pod with several.")
  String container = "";

  @Option(
      names = {"-i", "--stdin"},
      description = "Pass standard input on.")
  boolean stdin;

  @Option(
      names = {"-t", "--tty"},
      description = "Give the command a terminal.")
  boolean tty;

  public ExecCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (command.isEmpty()) {
      throw ClientException.usage("name the command to run: berth exec POD -- COMMAND [ARG...]");
    }
    var api = connection.open();
    var terminal = tty && stdin && Terminal.present();
    try (var socket = WebSocket.open(api, target(), PROTOCOL, new SecureRandom())) {
      if (!terminal) {
        return talk(socket);
      }
      try (var _ = Terminal.raw()) {
        resize(socket);
        Terminal.onResize(() -> resize(socket));
        return talk(socket);
      }
    } catch (IOException e) {
      throw ClientException.failed("the session broke off: " + e.getMessage());
    }
  }

  private String target() {
    var target = new StringBuilder("/api/v1/namespaces/" + ApiClient.encode(namespace));
    target.append("/pods/").append(ApiClient.encode(Selection.pod(pod)));
    target.append("/exec?stdout=true&stderr=").append(!tty);
    target.append("&stdin=").append(stdin).append("&tty=").append(tty);
    if (!container.isEmpty()) {
      target.append("&container=").append(ApiClient.encode(container));
    }
    command.forEach(word -> target.append("&command=").append(ApiClient.encode(word)));
    return target.toString();
  }

  private int talk(WebSocket socket) throws IOException {
    if (stdin) {
      Thread.ofPlatform().daemon().name("stdin").start(() -> pump(socket));
    }
    for (var message = socket.receive(); message != null; message = socket.receive()) {
      if (message.length == 0) {
        continue;
      }
      switch (message[0]) {
        case STDOUT -> {
          console.out().write(message, 1, message.length - 1);
          console.out().flush();
        }
        case STDERR -> {
          console.err().write(message, 1, message.length - 1);
          console.err().flush();
        }
        case OUTCOME -> {
          return outcome(Arrays.copyOfRange(message, 1, message.length));
        }
        default -> {}
      }
    }
    throw ClientException.failed("the session ended without saying how the command ended");
  }

  private int outcome(byte[] json) {
    var status = Json.parseObject(json);
    if (status.path("status").asString("").equals("Success")) {
      return 0;
    }
    for (var cause : status.path("details").path("causes")) {
      if (cause.path("reason").asString("").equals("ExitCode")) {
        return Integer.parseInt(cause.path("message").asString("1"));
      }
    }
    throw ClientException.failed(status.path("message").asString("the command failed"));
  }

  private void pump(WebSocket socket) {
    var buffer = new byte[8192];
    try {
      for (var n = console.in().read(buffer); n >= 0; n = console.in().read(buffer)) {
        socket.send(STDIN, buffer, n);
      }
      socket.send(CLOSE, new byte[] {STDIN}, 1);
    } catch (IOException e) {
      // The session is over; its outcome is told by the thread that receives.
      return;
    }
  }

  private static void resize(WebSocket socket) {
    Terminal.size()
        .ifPresent(
            size -> {
              var json = "{\"Width\":" + size.columns() + ",\"Height\":" + size.rows() + "}";
              var bytes = json.getBytes(StandardCharsets.UTF_8);
              try {
                socket.send(RESIZE, bytes, bytes.length);
              } catch (IOException e) {
                // The session is over: there is nothing left to resize.
                return;
              }
            });
  }
}
