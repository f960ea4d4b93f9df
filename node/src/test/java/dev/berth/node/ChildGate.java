package dev.berth.node;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.PipedChild;
import dev.berth.node.linux.RunningChild;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** Real programs, of which those of one name wait until they may begin. */
final class ChildGate implements ChildProcesses {
  private final ChildProcesses real = NodeWorld.children();
  private final CountDownLatch open = new CountDownLatch(1);
  private final CountDownLatch reached = new CountDownLatch(1);
  private volatile String tool = "";

  /** From now on these wait. */
  void close(String program) {
    tool = program;
  }

  /** Waits until one of them was to begin. */
  void awaitOne() throws InterruptedException {
    reached.await();
  }

  /** They may begin, and all that come. */
  void open() {
    open.countDown();
  }

  @Override
  public RunningChild start(ChildCommand command) throws InterruptedException {
    if (command.tool().equals(tool)) {
      reached.countDown();
      open.await();
    }
    return real.start(command);
  }

  @Override
  public Optional<Path> locate(String program) {
    return real.locate(program);
  }

  @Override
  public PipedChild pipe(ChildCommand command) throws IOException, InterruptedException {
    return real.pipe(command);
  }
}
