package dev.berth.api;

import dev.berth.core.node.ContainerAccess;
import dev.berth.core.node.ContainerAccessException;
import dev.berth.core.node.ContainerTarget;
import dev.berth.core.node.ExecCommand;
import dev.berth.core.node.ExecOutput;
import dev.berth.core.node.ExecResult;
import dev.berth.core.node.ExecSession;
import dev.berth.core.node.LogQuery;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Containers that are nothing but this machine: commands run here, logs are what a test says. */
final class LocalCommands implements ContainerAccess {
  final Map<String, InputStream> logs = new ConcurrentHashMap<>();
  final List<LogQuery> queries = new CopyOnWriteArrayList<>();
  final List<String> sizes = new CopyOnWriteArrayList<>();
  final List<Process> processes = new CopyOnWriteArrayList<>();

  @Override
  public ExecSession exec(ContainerTarget target, ExecCommand command, ExecOutput output)
      throws ContainerAccessException {
    try {
      var process = new ProcessBuilder(command.argv()).redirectErrorStream(command.tty()).start();
      processes.add(process);
      Thread.startVirtualThread(() -> follow(process, output));
      return new Session(process);
    } catch (IOException failure) {
      throw new ContainerAccessException(
          ContainerAccessException.Reason.CANNOT_START,
          "cannot start " + command.argv().getFirst() + " in " + target + ": no such file");
    }
  }

  private static void follow(Process process, ExecOutput output) {
    var errors =
        Thread.startVirtualThread(() -> copy(process, process.getErrorStream(), output::stderr));
    copy(process, process.getInputStream(), output::stdout);
    try {
      errors.join();
      output.ended(new ExecResult.Exited(process.waitFor()));
    } catch (InterruptedException interrupted) {
      output.ended(new ExecResult.Failed(interrupted.toString()));
    }
  }

  private interface Receiver {
    void take(ByteBuffer bytes) throws IOException;
  }

  private static void copy(Process process, InputStream from, Receiver to) {
    var buffer = new byte[8192];
    try (from) {
      for (var n = from.read(buffer); n >= 0; n = from.read(buffer)) {
        to.take(ByteBuffer.wrap(buffer, 0, n));
      }
    } catch (IOException failure) {
      process.destroyForcibly();
    }
  }

  private final class Session implements ExecSession {
    private final Process process;
    private final OutputStream stdin;

    Session(Process process) {
      this.process = process;
      this.stdin = process.getOutputStream();
    }

    @Override
    public void stdin(ByteBuffer bytes) throws IOException {
      var copy = new byte[bytes.remaining()];
      bytes.get(copy);
      stdin.write(copy);
      stdin.flush();
    }

    @Override
    public void closeStdin() throws IOException {
      stdin.close();
    }

    @Override
    public void resize(int columns, int rows) {
      sizes.add(columns + "x" + rows);
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  @Override
  public InputStream logs(ContainerTarget target, LogQuery query) throws ContainerAccessException {
    queries.add(query);
    if (query.previous()) {
      throw new ContainerAccessException(
          ContainerAccessException.Reason.NOT_FOUND,
          "previous terminated " + target + " not found");
    }
    return logs.getOrDefault(
        target.container(),
        new ByteArrayInputStream("hello from the log\n".getBytes(StandardCharsets.UTF_8)));
  }
}
