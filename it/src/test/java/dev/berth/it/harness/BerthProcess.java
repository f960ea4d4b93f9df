package dev.berth.it.harness;

import static org.awaitility.Awaitility.await;

import dev.berth.core.model.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The packaged server on directories of its own, as an administrator would start it. It can be
 * killed and started again; closing it ends whatever is left and fails when something had been.
 * When the JVM is stopped before that, what there is of the server ends with it.
 */
public final class BerthProcess implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofMinutes(2);
  private static final Duration STOPPED_WITHIN = Duration.ofSeconds(15);

  private final Path dir;
  private final int port;
  private final List<String> flags;
  private @Nullable ShutdownHook hook;
  private @Nullable Process process;
  private boolean ended;

  private BerthProcess(Path dir, int port, List<String> flags) {
    this.dir = dir;
    this.port = port;
    this.flags = flags;
  }

  /** Starts a server and waits until it is ready. */
  public static BerthProcess start(String... flags) {
    var server = prepare(flags);
    try {
      server.launch();
      server.awaitReady();
      return server;
    } catch (RuntimeException | Error e) {
      server.discard();
      throw e;
    }
  }

  /** A server that is not started yet, on new directories. */
  public static BerthProcess prepare(String... flags) {
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var dir = Files.createTempDirectory("berth-it-");
      var server = new BerthProcess(dir, free.getLocalPort(), List.of(flags));
      server.hook = ShutdownHook.add(server::end);
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The distribution under test. */
  public static Path distribution() {
    var path = System.getProperty("berth.distribution", "");
    if (path.isEmpty() || !Files.isExecutable(Path.of(path, "bin", "berth"))) {
      throw new AssertionError(
          "there is no distribution at \"" + path + "\": run these tests with mvn verify");
    }
    return Path.of(path);
  }

  /** Starts the process and returns at once. */
  public void launch() {
    launchUnder(List.of());
  }

  /**
   * Starts the process among mounts of its own, where another file is in the place of a program of
   * the system, and waits until it is ready.
   *
   * @param program {@code /dev/null} for none at all
   */
  public void startWith(String program, Path inPlaceOf) {
    launchUnder(
        List.of(
            "unshare",
            "--mount",
            "sh",
            "-c",
            "mount --bind \"$0\" \"$1\" && shift && exec \"$@\"",
            program,
            inPlaceOf.toString()));
    awaitReady();
  }

  /** Takes away what {@link #startWith} has put in the place of a program. */
  public void restore(Path program) {
    Command.run("nsenter", "-t", Long.toString(pid()), "-m", "umount", program.toString()).ok();
  }

  private synchronized void launchUnder(List<String> prefix) {
    // A test goes on while the JVM is stopped: what it started now, nobody would end.
    if (ended) {
      throw new IllegalStateException("the server was discarded");
    }
    var command = new ArrayList<>(prefix);
    Collections.addAll(command, distribution().resolve("bin/berth").toString(), "server");
    addUnlessGiven(command, "--data-dir", dataDir().toString());
    addUnlessGiven(command, "--listen", "127.0.0.1:" + port);
    addUnlessGiven(command, "--socket", socket().toString());
    addUnlessGiven(command, "--node-name", "node-1");
    command.addAll(flags);
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()))
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void addUnlessGiven(List<String> command, String flag, String value) {
    if (!flags.contains(flag)) {
      Collections.addAll(command, flag, value);
    }
  }

  /** Waits until the server says that it is ready. */
  public void awaitReady() {
    await("readiness")
        .pollInterval(Duration.ofMillis(10))
        .pollDelay(Duration.ZERO)
        .atMost(READY_WITHIN)
        .until(
            () -> {
              if (!running().isAlive()) {
                throw new AssertionError(
                    "the server ended with code " + running().exitValue() + "\n" + log());
              }
              return ready();
            });
  }

  /** Whether {@code /readyz} answers 200 at this moment. */
  public boolean ready() {
    try {
      return UnixConnection.once(socket(), "GET", "/readyz", "", "").code() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** The end that no program can prepare for. */
  public void kill() {
    try {
      new ProcessBuilder("kill", "-9", Long.toString(pid())).start().waitFor();
      awaitExit();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** What is left of the server when its host was switched off: nothing but files. */
  public void powerOff() {
    kill();
    Leftovers.cut(dir);
  }

  /** Asks the server to stop, waits, and returns its exit code. */
  public int stop() {
    running().destroy();
    return awaitExit();
  }

  /** Waits for the end of the server and returns its exit code. */
  public int awaitExit() {
    try {
      if (!running().waitFor(STOPPED_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError("the server did not end within " + STOPPED_WITHIN + "\n" + log());
      }
      return running().exitValue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  public void restart() {
    if (running().isAlive()) {
      stop();
    }
    launch();
    awaitReady();
  }

  /** Runs {@code berth} as a person on this host would. */
  public Command.Result berth(String... arguments) {
    return berthReading("", arguments);
  }

  /** As {@link #berth}, with text on standard input. */
  public Command.Result berthReading(String stdin, String... arguments) {
    var argv = new ArrayList<>(List.of(distribution().resolve("bin/berth").toString()));
    Collections.addAll(argv, arguments);
    return Command.run(argv, Map.of("BERTH_SOCKET", socket().toString()), stdin);
  }

  /** Runs {@code kubectl} with the administrator's credentials, over TLS. */
  public Command.Result kubectl(String... arguments) {
    return kubectlReading("", arguments);
  }

  /** As {@link #kubectl}, with text on standard input. */
  public Command.Result kubectlReading(String stdin, String... arguments) {
    var argv = new ArrayList<>(List.of("kubectl"));
    Collections.addAll(argv, arguments);
    var environment = Map.of("KUBECONFIG", kubeconfig().toString(), "HOME", dir.toString());
    return Command.run(argv, environment, stdin);
  }

  /** Sends one request over the unix socket. */
  public UnixConnection.Reply call(String method, String target, String type, String body) {
    try {
      return UnixConnection.once(socket(), method, target, type, body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An object as the API serves it. */
  public ObjectNode object(String target) {
    var reply = call("GET", target, "", "");
    return Json.parseObject(reply.body().getBytes(StandardCharsets.UTF_8));
  }

  public Path dir() {
    return dir;
  }

  public Path dataDir() {
    return dir.resolve("data");
  }

  public Path socket() {
    return dir.resolve("berth.sock");
  }

  public Path kubeconfig() {
    return dataDir().resolve("admin.kubeconfig");
  }

  public int port() {
    return port;
  }

  public long pid() {
    return running().pid();
  }

  public String log() {
    try {
      return Files.exists(logFile()) ? Files.readString(logFile()) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path logFile() {
    return dir.resolve("log");
  }

  private Process running() {
    if (process == null) {
      throw new IllegalStateException("the server was not started");
    }
    return process;
  }

  /** Stops the server and fails when it left a process, a mount or a loop device behind. */
  @Override
  public void close() {
    var left = List.<String>of();
    try {
      if (process != null && process.isAlive()) {
        stop();
      }
      left = Leftovers.of(dir);
    } finally {
      discard();
    }
    if (!left.isEmpty()) {
      throw new AssertionError("left behind:\n" + String.join("\n", left));
    }
  }

  /** Ends everything that belongs to this server, whatever state it is in. */
  public void discard() {
    end();
    if (hook != null) {
      hook.remove();
    }
  }

  private synchronized void end() {
    ended = true;
    try {
      if (process != null && process.isAlive()) {
        kill();
      }
    } finally {
      Leftovers.remove(dir);
    }
  }
}
