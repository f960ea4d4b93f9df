package dev.berth.node;

import dev.berth.core.model.ResourceType;
import dev.berth.core.registry.Resources;
import dev.berth.core.storage.StoreException;
import dev.berth.node.disk.FormatJournal;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Fd;
import dev.berth.node.linux.PipedChild;
import dev.berth.node.linux.RunningChild;
import dev.berth.node.linux.SyscallException;
import dev.berth.node.linux.Syscalls;
import dev.berth.node.runtime.ContainerRuntime;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All ways by which one life of a node's process reaches the world: the kernel, programs, the
 * journal of formats, the API, containers. Calls that are made for a volume are steps: they are
 * written down, and at one of them something can go wrong. After its death nothing that is left of
 * the process reaches anything.
 */
final class FaultSeams {

  /** Ends a thread of a process that is dead. */
  static final class Death extends Error {
    private static final long serialVersionUID = 1;

    Death() {
      super("the server was killed here", null, false, false);
    }
  }

  /** A fault that waits for its step. */
  record Plan(FaultStep step, Fault fault) {}

  /** What a seam does when it is let. */
  @FunctionalInterface
  private interface Call {
    Object make() throws Throwable;
  }

  private static final long DELAY_MILLIS = 150;
  private static final int EIO = 5;
  private static final int KILLED = 128 + 9;

  /** Threads are named for what they do. */
  private static final Pattern OPERATION;

  static {
    var kinds = operations().stream().collect(Collectors.joining("|"));
    OPERATION = Pattern.compile("(" + kinds + ") \\S+/\\S+|(start|clean up)\\b.* of pod \\S+/p");
  }

  /** Longer than what is known of a disk holds without another look. */
  private static final long A_WHILE_MILLIS = 1200;

  private final @Nullable Plan plan;
  private final boolean slow;
  private final Runnable cut;
  private final List<FaultStep> made = new ArrayList<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final Set<String> begun = new HashSet<>();
  private final CompletableFuture<Void> fired = new CompletableFuture<>();
  private final CompletableFuture<Void> death = new CompletableFuture<>();
  private final AtomicInteger inside = new AtomicInteger();
  private volatile boolean stopped;
  private volatile String phase = "";

  /**
   * @param plan null when all goes well
   * @param slow whether each operation in the phase of the fault begins a while late
   * @param cut keeps the moment at which the power fails
   */
  FaultSeams(@Nullable Plan plan, boolean slow, Runnable cut) {
    this.plan = plan;
    this.slow = slow;
    this.cut = cut;
  }

  /** The kinds of operations on volumes that there are. */
  static List<String> operations() {
    try {
      var operation = Class.forName("dev.berth.node.volume.VolumeOperation");
      return Arrays.stream(operation.getPermittedSubclasses())
          .map(kind -> kind.getSimpleName().toLowerCase(Locale.ROOT))
          .toList();
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  /** Whether a thread of this name is at something that is done to a volume. */
  static boolean isOperation(String thread) {
    return OPERATION.matcher(thread).matches();
  }

  synchronized void phase(String name) {
    phase = name;
    counts.clear();
    begun.clear();
  }

  synchronized List<FaultStep> made() {
    return List.copyOf(made);
  }

  boolean fired() {
    return fired.isDone();
  }

  boolean dead() {
    return death.isDone();
  }

  /** Whether, after its death, no call is under way that was let through before. */
  boolean isOver() {
    return dead() && inside.get() == 0;
  }

  /** Nothing begins to reach the world any more. */
  void die() {
    stopped = true;
    death.complete(null);
  }

  Syscalls syscalls(Syscalls real) {
    return seam(Syscalls.class, real, "syscall");
  }

  FormatJournal journal(FormatJournal real) {
    return seam(FormatJournal.class, real, "journal");
  }

  Resources resources(Resources real) {
    return seam(Resources.class, real, "api");
  }

  ContainerRuntime containers(ContainerRuntime real) {
    return seam(ContainerRuntime.class, real, "");
  }

  private <T> T seam(Class<T> type, T real, String name) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              Call call = () -> invoke(real, method, arguments);
              return name.isEmpty()
                  ? alive(call)
                  : step(
                      name + " " + method.getName() + kind(arguments),
                      call,
                      () -> {
                        throw failure(name, method.getName());
                      },
                      this::never);
            }));
  }

  private static Object invoke(Object real, java.lang.reflect.Method method, Object[] arguments)
      throws Throwable {
    try {
      return method.invoke(real, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }

  private static String kind(Object @Nullable [] arguments) {
    return arguments != null && arguments.length > 0 && arguments[0] instanceof ResourceType type
        ? " " + type.plural()
        : "";
  }

  private static Exception failure(String seam, String call) {
    return switch (seam) {
      case "syscall" -> new SyscallException(call, "what was made to fail", EIO);
      case "journal" -> new IOException("the journal was made to fail");
      case "api" -> new StoreException.Unavailable("the API was made to fail", null);
      default -> throw new IllegalArgumentException(seam);
    };
  }

  private Object never() {
    death.join();
    throw new Death();
  }

  /** Programs. One that hangs is given up soon, as by its deadline, and ends with the server. */
  ChildProcesses children(ChildProcesses real) {
    return new ChildProcesses() {
      @Override
      public RunningChild start(ChildCommand command) throws InterruptedException {
        var tool = String.valueOf(Path.of(command.tool()).getFileName());
        try {
          return (RunningChild)
              step(
                  "program " + tool,
                  () -> real.start(command),
                  () -> ended(new ChildResult.Exited(KILLED, "", tool + " was made to fail")),
                  () -> ended(new ChildResult.Abandoned(0, ChildResult.Cause.TOO_LONG, late())));
        } catch (InterruptedException | RuntimeException | Error e) {
          throw e;
        } catch (Throwable e) {
          throw new AssertionError(e);
        }
      }

      @Override
      public Optional<Path> locate(String tool) {
        return real.locate(tool);
      }

      @Override
      public PipedChild pipe(ChildCommand command) throws IOException, InterruptedException {
        throw new UnsupportedOperationException("no operation talks to a program: " + command);
      }
    };
  }

  private CompletableFuture<ChildResult.Exited> late() {
    return death.thenApply(_ -> new ChildResult.Exited(KILLED, "", ""));
  }

  private static RunningChild ended(ChildResult result) {
    return new Ended(CompletableFuture.completedFuture(result));
  }

  private record Ended(CompletableFuture<ChildResult> result) implements RunningChild {
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

  /** A call of whatever kind. */
  private Object step(String name, Call call, Call fail, Call hang) throws Throwable {
    var operation = operation();
    if (operation.isEmpty()) {
      return alive(call);
    }
    var step = next(operation.get(), name);
    var now = plan;
    if (slow && now != null && now.step().phase().equals(phase) && begins(operation.get())) {
      TimeUnit.MILLISECONDS.sleep(A_WHILE_MILLIS);
    }
    if (now == null || !now.step().equals(step) || !fired.complete(null)) {
      return alive(call);
    }
    return switch (now.fault()) {
      case ERROR -> fail.make();
      case DELAY -> {
        TimeUnit.MILLISECONDS.sleep(DELAY_MILLIS);
        yield alive(call);
      }
      case HANG -> hang.make();
      case KILL_BEFORE -> {
        die();
        throw new Death();
      }
      case KILL_AFTER -> {
        toTheEnd(call);
        die();
        throw new Death();
      }
      case POWER_CUT -> {
        toTheEnd(call);
        stopped = true;
        cut.run();
        die();
        throw new Death();
      }
    };
  }

  private static void toTheEnd(Call call) throws Throwable {
    if (call.make() instanceof RunningChild child) {
      child.await();
    }
  }

  private Object alive(Call call) throws Throwable {
    inside.incrementAndGet();
    try {
      return lively(call);
    } finally {
      inside.decrementAndGet();
    }
  }

  private Object lively(Call call) throws Throwable {
    if (stopped) {
      throw new Death();
    }
    var result = call.make();
    if (stopped) {
      // A dead process holds no file open, and with it no mount.
      if (result instanceof Fd file) {
        file.close();
      }
      throw new Death();
    }
    return result;
  }

  private synchronized boolean begins(String operation) {
    return begun.add(operation);
  }

  private synchronized FaultStep next(String operation, String call) {
    var count = counts.merge(operation + " " + call, 1, Integer::sum);
    var step = new FaultStep(phase, operation, call, count - 1);
    made.add(step);
    return step;
  }

  /** What the calling thread does to a volume, if it does that. */
  private static Optional<String> operation() {
    var thread = Thread.currentThread();
    var named = OPERATION.matcher(thread.getName());
    if (named.matches()) {
      return Optional.of(named.group(1) != null ? named.group(1) : named.group(2));
    }
    return thread.isVirtual() && thread.getName().isEmpty() && beside()
        ? Optional.of("stage")
        : Optional.empty();
  }

  /** Formatting commits its UUID while the disk is being mounted. */
  private static boolean beside() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames.anyMatch(
                    frame -> frame.getClassName().equals("dev.berth.node.plugin.Alongside")));
  }
}
