package dev.berth.node.runtime;

import dev.berth.core.node.ExecOutput;
import dev.berth.core.node.ExecResult;
import dev.berth.core.node.ExecSession;
import dev.berth.node.linux.SyscallException;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A command that runs in a container, between its streams and whoever asked for it. */
final class ExecProcess implements ExecSession {
  private static final Logger log = LoggerFactory.getLogger(ExecProcess.class);
  private static final Duration HANGUP_GRACE = Duration.ofSeconds(2);

  private static final int SIGHUP = 1;
  private static final int SIGKILL = 9;

  private final String name;
  private final ExecStreams streams;
  private final ProcessIdentity process;
  private final Syscalls syscalls;
  private final ExecOutput output;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param name for threads and the log
   * @param process the command's own process
   */
  ExecProcess(
      String name,
      ExecStreams streams,
      ProcessIdentity process,
      Syscalls syscalls,
      ExecOutput output) {
    this.name = name;
    this.streams = streams;
    this.process = process;
    this.syscalls = syscalls;
    this.output = output;
  }

  /**
   * Begins to deliver output.
   *
   * @param ended runs after everything was delivered
   */
  void begin(Runnable ended) {
    var out = pump("out", streams::readOut, output::stdout);
    var err = pump("err", streams::readErr, output::stderr);
    Thread.ofVirtual()
        .name("exec-" + name)
        .start(
            () -> {
              try {
                await(out, err);
              } finally {
                streams.close();
                ended.run();
              }
            });
  }

  @Override
  public void stdin(ByteBuffer bytes) throws IOException {
    var copy = new byte[bytes.remaining()];
    bytes.get(copy);
    streams.write(copy);
  }

  @Override
  public void closeStdin() throws IOException {
    streams.closeInput();
  }

  @Override
  public void resize(int columns, int rows) {
    try {
      streams.resize(columns, rows);
    } catch (SyscallException e) {
      log.debug("terminal of {} cannot be resized", name, e);
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      Thread.ofVirtual().name("exec-close-" + name).start(this::hangUp);
    }
  }

  private void hangUp() {
    try {
      signal(SIGHUP);
      streams.exit().get(HANGUP_GRACE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      signal(SIGKILL);
      streams.kill();
    } catch (InterruptedException | ExecutionException e) {
      streams.kill();
    }
  }

  private void signal(int signal) {
    try {
      if (process.alive()) {
        syscalls.signal(process.pid(), signal, false);
      }
    } catch (SyscallException e) {
      log.warn("could not signal the command of {}", name, e);
    }
  }

  private void await(Pump out, Pump err) {
    ExecResult result;
    try {
      var code = streams.exit().get();
      // The OCI runtime has ended, and nobody else has our ends of these.
      out.done.get();
      err.done.get();
      result = new ExecResult.Exited(code);
    } catch (InterruptedException | ExecutionException e) {
      result = new ExecResult.Failed("the command's end could not be awaited: " + e);
    }
    output.ended(result);
  }

  private Pump pump(String stream, Source source, Sink sink) {
    var pump = new Pump(source, sink);
    Thread.ofPlatform().name("exec-" + name + "-" + stream).daemon().start(pump);
    return pump;
  }

  /** Reads the next bytes, waiting for them; -1 at the end. */
  @FunctionalInterface
  private interface Source {
    int read(byte[] into) throws IOException;
  }

  @FunctionalInterface
  private interface Sink {
    void accept(ByteBuffer bytes) throws IOException;
  }

  private final class Pump implements Runnable {
    private static final int BUFFER_BYTES = 16 * 1024;

    private final Source source;
    private final Sink sink;
    private final CompletableFuture<Boolean> done = new CompletableFuture<>();

    Pump(Source source, Sink sink) {
      this.source = source;
      this.sink = sink;
    }

    @Override
    public void run() {
      var buffer = new byte[BUFFER_BYTES];
      try {
        for (var read = source.read(buffer); read >= 0; read = source.read(buffer)) {
          try {
            sink.accept(ByteBuffer.wrap(buffer, 0, read));
          } catch (IOException | RuntimeException e) {
            log.debug("nobody takes the output of {} any more", name, e);
            close();
            return;
          }
        }
      } catch (IOException e) {
        log.debug("output of {} ends", name, e);
      } finally {
        done.complete(true);
      }
    }
  }
}
