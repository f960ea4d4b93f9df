package dev.berth.node.volume;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.PipedChild;
import dev.berth.node.linux.RunningChild;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Remembers which child processes an operation has started, so that after its end it is known
 * whether one of them was abandoned and may still do something.
 */
public final class OperationChildren implements ChildProcesses {
  private static final ScopedValue<Collection<CompletableFuture<ChildResult>>> STARTED =
      ScopedValue.newInstance();

  private final ChildProcesses children;

  public OperationChildren(ChildProcesses children) {
    this.children = children;
  }

  /**
   * What an operation did.
   *
   * @param late the ends of the children that it has left behind
   */
  record Tracked<T>(T result, List<CompletableFuture<?>> late) {}

  /** Runs an operation; children count that it starts on this thread. */
  static <T> Tracked<T> track(Callable<T> operation) throws Exception {
    var started = new ConcurrentLinkedQueue<CompletableFuture<ChildResult>>();
    var result = ScopedValue.where(STARTED, started).call(operation::call);
    return new Tracked<>(result, late(started));
  }

  private static List<CompletableFuture<?>> late(
      Collection<CompletableFuture<ChildResult>> started) {
    return started.stream()
        .<CompletableFuture<?>>mapMulti(
            (future, late) -> {
              if (!future.isDone()) {
                late.accept(future);
              } else if (future.join() instanceof ChildResult.Abandoned abandoned) {
                late.accept(abandoned.lateExit());
              }
            })
        .toList();
  }

  @Override
  public RunningChild start(ChildCommand command) throws InterruptedException {
    var child = children.start(command);
    if (STARTED.isBound()) {
      STARTED.get().add(child.result());
    }
    return child;
  }

  @Override
  public Optional<Path> locate(String tool) {
    return children.locate(tool);
  }

  @Override
  public PipedChild pipe(ChildCommand command) throws IOException, InterruptedException {
    return children.pipe(command);
  }
}
