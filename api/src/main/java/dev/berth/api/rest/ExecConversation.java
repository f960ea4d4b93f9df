package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.WebSocket;
import dev.berth.core.model.Json;
import dev.berth.core.node.ContainerAccess;
import dev.berth.core.node.ContainerAccessException;
import dev.berth.core.node.ContainerTarget;
import dev.berth.core.node.ExecCommand;
import dev.berth.core.node.ExecOutput;
import dev.berth.core.node.ExecResult;
import dev.berth.core.node.ExecSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/**
 * A command in a container, spoken over a WebSocket: the first byte of every message names its
 * channel.
 */
final class ExecConversation implements Answer.Conversation {
  /** Version 5 can also end the standard input. */
  static final List<String> SUBPROTOCOLS = List.of("v5.channel.k8s.io", "v4.channel.k8s.io");

  private static final Logger LOG = LoggerFactory.getLogger(ExecConversation.class);

  private static final int STDIN = 0;
  private static final int STDOUT = 1;
  private static final int STDERR = 2;

  /** Carries a Status about how the command ended. */
  private static final int OUTCOME = 3;

  private static final int RESIZE = 4;

  /** Says that the channel in the second byte is closed. */
  private static final int CLOSE = 255;

  private final ContainerAccess containers;
  private final ContainerTarget target;
  private final ExecCommand command;
  private final boolean stdout;
  private final boolean stderr;

  /**
   * @param stdout whether the client wants the standard output
   * @param stderr whether the client wants the standard error
   */
  ExecConversation(
      ContainerAccess containers,
      ContainerTarget target,
      ExecCommand command,
      boolean stdout,
      boolean stderr) {
    this.containers = containers;
    this.target = target;
    this.command = command;
    this.stdout = stdout;
    this.stderr = stderr;
  }

  @Override
  public void hold(WebSocket socket) throws IOException, InterruptedException {
    var output = new Output(socket);
    try (var session = containers.exec(target, command, output)) {
      socket.onEnd(() -> Thread.startVirtualThread(session::close));
      Thread.startVirtualThread(() -> pump(socket, session));
      socket.send(message(OUTCOME, Json.write(outcome(output.ended.get()))));
    } catch (ContainerAccessException refused) {
      socket.send(message(OUTCOME, Json.write(StatusBody.failure(PodRoutes.status(refused)))));
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Hands what the client sends to the command, until one of them is done. */
  private void pump(WebSocket socket, ExecSession session) {
    try {
      for (var message = socket.receive(); message != null; message = socket.receive()) {
        if (message.length > 0) {
          take(session, message);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void take(ExecSession session, byte[] message) {
    try {
      switch (message[0] & 0xff) {
        case STDIN -> {
          if (message.length > 1) {
            session.stdin(ByteBuffer.wrap(message, 1, message.length - 1));
          }
        }
        case CLOSE -> {
          if (message.length > 1 && message[1] == STDIN) {
            session.closeStdin();
          }
        }
        case RESIZE -> resize(session, message);
        default -> LOG.debug("ignored a message on channel {}", message[0]);
      }
    } catch (IOException unread) {
      LOG.debug("{} does not read its input: {}", target, unread.toString());
    }
  }

  private static void resize(ExecSession session, byte[] message) {
    try {
      var size = Json.parse(Arrays.copyOfRange(message, 1, message.length));
      var columns = size.path("Width").asInt(0);
      var rows = size.path("Height").asInt(0);
      if (columns > 0 && rows > 0) {
        session.resize(columns, rows);
      }
    } catch (JacksonException malformed) {
      LOG.debug("ignored a malformed terminal size: {}", malformed.getOriginalMessage());
    }
  }

  private static ObjectNode outcome(ExecResult result) {
    return switch (result) {
      case ExecResult.Exited(int code) -> code == 0 ? success() : exited(code);
      case ExecResult.Failed(var message) -> failed("InternalError", message);
    };
  }

  private static ObjectNode success() {
    var status = Json.object();
    status.putObject("metadata");
    status.put("status", "Success");
    return status;
  }

  private static ObjectNode exited(int code) {
    var status =
        failed(
            "NonZeroExitCode", "command terminated with non-zero exit code: exit status " + code);
    var cause = status.putObject("details").putArray("causes").addObject();
    cause.put("reason", "ExitCode");
    cause.put("message", Integer.toString(code));
    return status;
  }

  private static ObjectNode failed(String reason, String message) {
    var status = Json.object();
    status.putObject("metadata");
    status.put("status", "Failure");
    status.put("message", message);
    status.put("reason", reason);
    return status;
  }

  private static byte[] message(int channel, byte[] body) {
    var message = new byte[body.length + 1];
    message[0] = (byte) channel;
    System.arraycopy(body, 0, message, 1, body.length);
    return message;
  }

  /** Sends what the command writes. */
  private final class Output implements ExecOutput {
    private final WebSocket socket;
    private final CompletableFuture<ExecResult> ended = new CompletableFuture<>();

    Output(WebSocket socket) {
      this.socket = socket;
    }

    @Override
    public void stdout(ByteBuffer bytes) throws IOException {
      if (stdout) {
        send(STDOUT, bytes);
      }
    }

    @Override
    public void stderr(ByteBuffer bytes) throws IOException {
      if (stderr) {
        send(STDERR, bytes);
      }
    }

    private void send(int channel, ByteBuffer bytes) throws IOException {
      if (bytes.hasRemaining()) {
        var message = new byte[bytes.remaining() + 1];
        message[0] = (byte) channel;
        bytes.get(message, 1, message.length - 1);
        socket.send(message);
      }
    }

    @Override
    public void ended(ExecResult result) {
      ended.complete(result);
    }
  }
}
