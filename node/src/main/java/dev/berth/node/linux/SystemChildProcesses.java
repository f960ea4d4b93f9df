package dev.berth.node.linux;

import dev.berth.core.observe.Meters;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Children of this process. Each is started through setsid(1), so that it leads a session and
 * process group; its supervisor is a virtual thread. Only its two pipes have platform threads of
 * ours, daemons that a stuck child may keep for ever without keeping the process.
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

  private static final int THREAD_STACK_BYTES = 256 * 1024;

  private final Syscalls syscalls;
  private final Limits limits;
  private final Tools tools;
  private final String path;
  private final Semaphore places;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          Thread.ofPlatform()
              .name("child-io-", 0)
              .daemon()
              .stackSize(THREAD_STACK_BYTES)
              .factory());
  private final AtomicInteger stuck = new AtomicInteger();
  private final Meters.Timer durations;

  public SystemChildProcesses(Syscalls syscalls, Limits limits, Meters meters) {
    this.syscalls = syscalls;
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
    if (tools.find(command.tool()).isEmpty()) {
      return new Unstarted(command.tool(), Tools.missing(command.tool()));
    }
    places.acquire();
    Process process;
    try {
      process = spawn(command);
    } catch (IOException e) {
      places.release();
      return new Unstarted(
          command.tool(), "cannot start " + command.commandLine() + ": " + e.getMessage());
    } catch (RuntimeException | Error e) {
      places.release();
      throw e;
    }
    var child = new SupervisedChild(command, process, syscalls, limits, threads);
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
    if (tools.find(command.tool()).isEmpty()) {
      throw new IOException(Tools.missing(command.tool()));
    }
    return new Piped(onPlatformThread(builder(command)));
  }

  private Process spawn(ChildCommand command) throws IOException {
    return onPlatformThread(builder(command).redirectInput(new File("/dev/null")));
  }

  private ProcessBuilder builder(ChildCommand command) throws IOException {
    var argv = new ArrayList<String>();
    argv.add(required("setsid"));
    argv.add(required(command.tool()));
    argv.addAll(command.arguments());
    var builder = new ProcessBuilder(argv).directory(new File("/"));
    var environment = builder.environment();
    environment.clear();
    environment.put("PATH", path);
    environment.put("LC_ALL", "C");
    environment.putAll(command.environment());
    return builder;
  }

  private String required(String tool) throws IOException {
    return tools.find(tool).orElseThrow(() -> new IOException(Tools.missing(tool))).toString();
  }

  /** Forking takes a millisecond or two, for which a virtual thread would hold its carrier. */
  private Process onPlatformThread(ProcessBuilder builder) throws IOException {
    if (!Thread.currentThread().isVirtual()) {
      return builder.start();
    }
    var started = threads.submit(builder::start);
    var interrupted = false;
    try {
      while (true) {
        try {
          return started.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          if (e.getCause() instanceof IOException refused) {
            throw refused;
          }
          throw new IllegalStateException(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Sends a signal to a child's group, or to the child alone while it has no group yet. */
  static void signalGroup(Syscalls syscalls, Process process, int signal) {
    if (!process.isAlive()) {
      return;
    }
    try {
      if (!syscalls.signal(process.pid(), signal, true)) {
        syscalls.signal(process.pid(), signal, false);
      }
    } catch (SyscallException e) {
      throw new IllegalStateException("root may signal any child", e);
    }
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

  private final class Piped implements PipedChild {
    private final Process process;

    Piped(Process process) {
      this.process = process;
    }

    @Override
    public long pid() {
      return process.pid();
    }

    @Override
    public OutputStream stdin() {
      return process.getOutputStream();
    }

    @Override
    public InputStream stdout() {
      return process.getInputStream();
    }

    @Override
    public InputStream stderr() {
      return process.getErrorStream();
    }

    @Override
    public CompletableFuture<Integer> exit() {
      return process.onExit().thenApply(Process::exitValue);
    }

    @Override
    public void signal(int signal) {
      signalGroup(syscalls, process, signal);
    }
  }
}
