package dev.berth.node.runtime;

import dev.berth.node.linux.Fd;
import dev.berth.node.linux.PipedChild;
import dev.berth.node.linux.SyscallException;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The standard streams of a command in a container: three pipes, or a terminal. */
sealed interface ExecStreams extends AutoCloseable {
  int SIGKILL = 9;

  /** Reads standard output, waiting; -1 at its end. */
  int readOut(byte[] into) throws IOException;

  /** Reads standard error, waiting; -1 at its end. */
  int readErr(byte[] into) throws IOException;

  void write(byte[] bytes) throws IOException;

  void closeInput() throws IOException;

  void resize(int columns, int rows) throws SyscallException;

  /** Completes with the command's exit code. */
  CompletableFuture<Integer> exit();

  /** Ends the process that stands for the command on the host's side. */
  void kill();

  @Override
  void close();

  /** Without a terminal. */
  final class Pipes implements ExecStreams {
    private static final Logger log = LoggerFactory.getLogger(Pipes.class);

    private final PipedChild child;
    private final CompletableFuture<Integer> exit;

    Pipes(PipedChild child) {
      this.child = child;
      this.exit = child.exit();
    }

    @Override
    public int readOut(byte[] into) throws IOException {
      return child.stdout().read(into);
    }

    @Override
    public int readErr(byte[] into) throws IOException {
      return child.stderr().read(into);
    }

    @Override
    public void write(byte[] bytes) throws IOException {
      child.stdin().write(bytes);
      child.stdin().flush();
    }

    @Override
    public void closeInput() throws IOException {
      child.stdin().close();
    }

    @Override
    public void resize(int columns, int rows) {}

    @Override
    public CompletableFuture<Integer> exit() {
      return exit;
    }

    @Override
    public void kill() {
      child.signal(SIGKILL);
    }

    @Override
    public void close() {
      for (var stream : new AutoCloseable[] {child.stdin(), child.stdout(), child.stderr()}) {
        try {
          stream.close();
        } catch (Exception e) {
          log.debug("closing a pipe of an ended command", e);
        }
      }
    }
  }

  /** With a terminal, whose controlling side is ours. */
  final class Terminal implements ExecStreams {
    private static final Logger log = LoggerFactory.getLogger(Terminal.class);
    private static final byte END_OF_TRANSMISSION = 4;

    /** Keystrokes and pastes that the command has not read yet. */
    private static final int PENDING_WRITES = 256;

    private final Syscalls syscalls;
    private final Fd terminal;
    private final PipedChild child;
    private final CompletableFuture<Integer> exit;

    /** A write to a terminal waits for its reader: it needs a thread of its own. */
    private final ExecutorService writer =
        new ThreadPoolExecutor(
            0,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(PENDING_WRITES),
            Thread.ofPlatform().name("exec-terminal-", 0).daemon().factory());

    Terminal(Syscalls syscalls, Fd terminal, PipedChild child) {
      this.syscalls = syscalls;
      this.terminal = terminal;
      this.child = child;
      this.exit = child.exit();
    }

    @Override
    public int readOut(byte[] into) throws IOException {
      return syscalls.read(terminal, into).orElse(-1);
    }

    @Override
    public int readErr(byte[] into) {
      return -1;
    }

    @Override
    public void write(byte[] bytes) throws IOException {
      try {
        writer.execute(() -> writeNow(bytes));
      } catch (RejectedExecutionException e) {
        throw new IOException("the command does not read from its terminal", e);
      }
    }

    private void writeNow(byte[] bytes) {
      try {
        syscalls.write(terminal, bytes, 0, bytes.length);
      } catch (SyscallException e) {
        log.debug("the terminal's other side is gone", e);
      }
    }

    @Override
    public void closeInput() throws IOException {
      write(new byte[] {END_OF_TRANSMISSION});
    }

    @Override
    public void resize(int columns, int rows) throws SyscallException {
      syscalls.resizeTerminal(terminal, columns, rows);
    }

    @Override
    public CompletableFuture<Integer> exit() {
      return exit;
    }

    @Override
    public void kill() {
      child.signal(SIGKILL);
    }

    @Override
    public void close() {
      writer.shutdownNow();
      terminal.close();
    }
  }
}
