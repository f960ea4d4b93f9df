package dev.berth.node.linux;

import dev.berth.core.observe.Meters;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Children of this process. Each is supervised by a virtual thread; one platform thread, a daemon,
 * waits for the output and the end of all of them, so that a stuck child keeps no thread and not
 * the process.
 */
public final class SystemChildProcesses implements ChildProcesses {

  /**
   * The limits that hold for all children.
   *
   * @param toolDirectories where programs are searched, in order; also their PATH
   * @param runningAtOnce how many may run at a time; the next waits. Abandoned ones do not count
   * @param termGrace from SIGTERM to SIGKILL
   * @param killGrace from SIGKILL until a child counts as stuck
   */
  public record Limits(
      List<Path> toolDirectories, int runningAtOnce, Duration termGrace, Duration killGrace) {
    public static final Limits DEFAULT =
        new Limits(Tools.SYSTEM, 64, Duration.ofSeconds(2), Duration.ofSeconds(2));

    /** With directories of programs that are searched before the system's. */
    public Limits withToolsFirst(Path... directories) {
      var all = new ArrayList<>(List.of(directories));
      all.addAll(toolDirectories);
      return new Limits(all, runningAtOnce, termGrace, killGrace);
    }
  }

  private final Spawner spawner;
  private final Limits limits;
  private final Tools tools;
  private final String path;
  private final Semaphore places;
  private final AtomicInteger stuck = new AtomicInteger();
  private final Meters.Timer durations;

  public SystemChildProcesses(Limits limits, Meters meters) {
    this.spawner = new Spawner();
    this.limits = limits;
    this.tools = new Tools(limits.toolDirectories());
    this.path =
        limits.toolDirectories().stream().map(Path::toString).collect(Collectors.joining(":"));
    this.places = new Semaphore(limits.runningAtOnce(), true);
    this.durations =
        meters.timer("berth_child_seconds", "Run time of child processes", "tool", "result");
    meters.gauge(
        "berth_children_running",
        "Child processes under supervision",
        () -> limits.runningAtOnce() - places.availablePermits());
    meters.gauge("berth_children_stuck", "Abandoned children that have not ended", stuck::get);
  }

  @Override
  public RunningChild start(ChildCommand command) throws InterruptedException {
    var program = tools.find(command.tool());
    if (program.isEmpty()) {
      return new Unstarted(command.tool(), Tools.missing(command.tool()));
    }
    places.acquire();
    Spawner.Captured process;
    try {
      process =
          spawner.capture(
              argv(program.get(), command), environment(command), command.outputLimitBytes());
    } catch (IOException e) {
      places.release();
      return new Unstarted(
          command.tool(), "cannot start " + command.commandLine() + ": " + e.getMessage());
    } catch (RuntimeException | Error e) {
      places.release();
      throw e;
    }
    var child = new SupervisedChild(command, process, limits);
    var started = System.nanoTime();
    child.result().thenAccept(result -> ended(command, result, System.nanoTime() - started));
    child.supervise();
    return child;
  }

  private void ended(ChildCommand command, ChildResult result, long nanos) {
    places.release();
    durations.record(nanos, command.tool(), result.getClass().getSimpleName());
    if (result instanceof ChildResult.Abandoned abandoned) {
      stuck.incrementAndGet();
      abandoned.lateExit().thenRun(stuck::decrementAndGet);
    }
  }

  @Override
  public Optional<Path> locate(String tool) {
    return tools.find(tool);
  }

  @Override
  public PipedChild pipe(ChildCommand command) throws IOException {
    var program =
        tools
            .find(command.tool())
            .orElseThrow(() -> new IOException(Tools.missing(command.tool())));
    return new Piped(spawner.stream(argv(program, command), environment(command)));
  }

  private static List<String> argv(Path program, ChildCommand command) {
    var argv = new ArrayList<String>();
    argv.add(program.toString());
    argv.addAll(command.arguments());
    return argv;
  }

  private Map<String, String> environment(ChildCommand command) {
    var environment = new HashMap<>(Map.of("PATH", path, "LC_ALL", "C"));
    environment.putAll(command.environment());
    return environment;
  }

  private record Unstarted(CompletableFuture<ChildResult> result) implements RunningChild {
    Unstarted(String tool, String reason) {
      this(CompletableFuture.completedFuture(new ChildResult.NotStarted(tool, reason)));
    }

    @Override
    public OptionalLong pid() {
      return OptionalLong.empty();
    }

    @Override
    public void cancel() {}

    @Override
    public ChildResult await() {
      return result.join();
    }
  }

  private record Piped(Spawner.Streamed child) implements PipedChild {
    @Override
    public long pid() {
      return child.process().pid();
    }

    @Override
    public OutputStream stdin() {
      return child.stdin();
    }

    @Override
    public InputStream stdout() {
      return child.stdout();
    }

    @Override
    public InputStream stderr() {
      return child.stderr();
    }

    @Override
    public CompletableFuture<Integer> exit() {
      return child.process().exit();
    }

    @Override
    public void signal(int signal) {
      child.process().signal(signal);
    }
  }
}
