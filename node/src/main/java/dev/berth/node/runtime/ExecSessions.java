package dev.berth.node.runtime;

import dev.berth.core.node.ExecCommand;
import dev.berth.core.node.ExecOutput;
import dev.berth.core.node.ExecSession;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.Deadline;
import dev.berth.node.runtime.ContainerFailure.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts commands in running containers, a bounded number at a time. The OCI runtime writes the
 * command's process number once it has begun: until then a failure is its own, afterwards the
 * command's.
 */
final class ExecSessions {
  private static final Logger log = LoggerFactory.getLogger(ExecSessions.class);

  /** Each has two threads that wait for output. */
  private static final int MOST_SESSIONS = 64;

  private static final Duration BEGINNING = Duration.ofSeconds(30);
  private static final int LOOK_MILLIS = 2;
  private static final long COMPLAINT_MILLIS = 500;
  private static final int COMPLAINT_LIMIT_BYTES = 4096;

  /** The child leads a session: the first terminal that it opens becomes its own. */
  private static final String ON_TERMINAL =
      "terminal=$1; shift; exec \"$@\" <>\"$terminal\" >&0 2>&0";

  private final OciHost host;
  private final Semaphore places = new Semaphore(MOST_SESSIONS);
  private final AtomicLong numbers = new AtomicLong();

  ExecSessions(OciHost host) {
    this.host = host;
  }

  ExecSession begin(
      OciContainer container, OciCommands commands, ExecCommand command, ExecOutput output)
      throws ContainerFailure, InterruptedException {
    if (!places.tryAcquire()) {
      throw new ContainerFailure(
          Reason.TOO_MANY_SESSIONS,
          "%d commands run in containers of node %s already, which is the most: end one or try again later"
              .formatted(MOST_SESSIONS, host.settings().node()));
    }
    var pidFile = container.paths.bundle().resolve("exec-" + numbers.incrementAndGet() + ".pid");
    var begun = false;
    try {
      var line = commands.exec(container.paths.cid(), pidFile, command.tty(), command.argv());
      var streams = command.tty() ? onTerminal(line) : onPipes(line);
      try {
        if (!command.stdin() && !command.tty()) {
          streams.closeInput();
        }
        var process = awaitBeginning(container, streams, pidFile, command);
        var name = container.id.container() + "-" + process.pid();
        var session = new ExecProcess(name, streams, process, host.syscalls(), output);
        session.begin(() -> ended(pidFile));
        begun = true;
        return session;
      } finally {
        if (!begun) {
          streams.kill();
          streams.close();
        }
      }
    } catch (IOException e) {
      throw new ContainerFailure(
          Reason.RUN_FAILED,
          "command \"%s\" could not be started in container \"%s\": %s"
              .formatted(command.argv().getFirst(), container.id.container(), e.getMessage()),
          e);
    } finally {
      if (!begun) {
        ended(pidFile);
      }
    }
  }

  private void ended(Path pidFile) {
    places.release();
    try {
      Files.deleteIfExists(pidFile);
    } catch (IOException e) {
      log.debug("could not remove {}", pidFile, e);
    }
  }

  private ExecStreams onPipes(List<String> line) throws IOException, InterruptedException {
    return new ExecStreams.Pipes(
        host.children().pipe(command(line.getFirst(), line.subList(1, line.size()))));
  }

  private ExecStreams onTerminal(List<String> line) throws IOException, InterruptedException {
    var terminal = host.syscalls().openTerminal();
    try {
      var words = new ArrayList<String>();
      var path = host.syscalls().terminalPath(terminal).toString();
      words.addAll(List.of("-c", ON_TERMINAL, "sh", path));
      words.addAll(line);
      var child = host.children().pipe(command("sh", words));
      return new ExecStreams.Terminal(host.syscalls(), terminal, child);
    } catch (IOException | InterruptedException | RuntimeException e) {
      terminal.close();
      throw e;
    }
  }

  private static ChildCommand command(String program, List<String> arguments) {
    return new ChildCommand(
        program,
        arguments,
        Map.of(),
        Deadline.byClock(BEGINNING),
        ChildCommand.DEFAULT_OUTPUT_LIMIT_BYTES);
  }

  private static ProcessIdentity awaitBeginning(
      OciContainer container, ExecStreams streams, Path pidFile, ExecCommand command)
      throws ContainerFailure, InterruptedException, IOException {
    var deadline = System.nanoTime() + BEGINNING.toNanos();
    while (true) {
      var ended = exitedWithin(streams, LOOK_MILLIS);
      var pid = pid(pidFile);
      if (pid.isPresent()) {
        // A quick command may have ended by now.
        return ProcessIdentity.of(pid.get()).orElse(new ProcessIdentity(pid.get(), -1));
      }
      if (ended) {
        throw new ContainerFailure(
            Reason.RUN_FAILED,
            "command \"%s\" cannot be started in container \"%s\": %s"
                .formatted(
                    command.argv().getFirst(),
                    container.id.container(),
                    complaint(streams, command)));
      }
      if (System.nanoTime() > deadline) {
        throw new ContainerFailure(
            Reason.RUN_FAILED,
            "command \"%s\" did not start in container \"%s\" within %d seconds"
                .formatted(
                    command.argv().getFirst(), container.id.container(), BEGINNING.toSeconds()));
      }
    }
  }

  private static boolean exitedWithin(ExecStreams streams, long millis)
      throws InterruptedException {
    try {
      streams.exit().get(millis, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("never completed exceptionally", e);
    }
  }

  private static Optional<Long> pid(Path pidFile) throws IOException {
    try {
      var text = Files.readString(pidFile).strip();
      return text.isEmpty() ? Optional.empty() : Optional.of(Long.parseLong(text));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /** What the OCI runtime said before it gave up. */
  private static String complaint(ExecStreams streams, ExecCommand command)
      throws InterruptedException {
    var said = new CompletableFuture<String>();
    Thread.ofPlatform()
        .name("exec-complaint")
        .daemon()
        .start(
            () -> {
              var text = new ByteArrayOutputStream();
              var buffer = new byte[COMPLAINT_LIMIT_BYTES];
              try {
                var read = 0;
                while (read >= 0 && text.size() < COMPLAINT_LIMIT_BYTES) {
                  text.write(buffer, 0, read);
                  read = command.tty() ? streams.readOut(buffer) : streams.readErr(buffer);
                }
              } catch (IOException e) {
                log.debug("end of what the runtime said", e);
              }
              said.complete(text.toString(StandardCharsets.UTF_8).strip());
            });
    try {
      var text = said.get(COMPLAINT_MILLIS, TimeUnit.MILLISECONDS);
      return text.isEmpty() ? "no reason given" : text;
    } catch (TimeoutException e) {
      return "no reason given";
    } catch (ExecutionException e) {
      throw new IllegalStateException("never completed exceptionally", e);
    }
  }
}
