package dev.berth.it.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The mount table, looked at again only when the kernel says that it has changed: looking all the
 * time would take from what is measured a good part of one of few processors.
 */
final class MountWatch implements AutoCloseable {
  private static final Path MOUNTS = Path.of("/proc/self/mounts");
  private static final int READ_ONLY = 0;
  private static final short POLL_PRIORITY = 2;
  private static final int POLLED_BYTES = 8;

  private static final MethodHandle OPEN =
      function(
          "open",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
          Linker.Option.firstVariadicArg(2));
  private static final MethodHandle POLL =
      function("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle CLOSE =
      function("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final int file;

  MountWatch() {
    try (var arena = Arena.ofConfined()) {
      file = (int) OPEN.invokeExact(arena.allocateFrom(MOUNTS.toString()), READ_ONLY);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    if (file < 0) {
      throw new AssertionError(MOUNTS + " cannot be opened");
    }
  }

  @SuppressWarnings("restricted") // what is called is declared right above
  private static MethodHandle function(
      String name, FunctionDescriptor type, Linker.Option... options) {
    var linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), type, options);
  }

  /** The table as it is now; whatever changes from here on ends the next wait. */
  String read() throws IOException {
    return Files.readString(MOUNTS);
  }

  /** Waits until the table has changed since the last wait began, or for so long. */
  void awaitChange(Duration patience) {
    try (var arena = Arena.ofConfined()) {
      var asked = arena.allocate(POLLED_BYTES, Integer.BYTES);
      asked.set(JAVA_INT, 0, file);
      asked.set(JAVA_SHORT, Integer.BYTES, POLL_PRIORITY);
      var ready = (int) POLL.invokeExact(asked, 1L, Math.toIntExact(patience.toMillis()));
      if (ready < 0) {
        throw new AssertionError(MOUNTS + " cannot be waited for");
      }
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    try {
      var closed = (int) CLOSE.invokeExact(file);
      if (closed < 0) {
        throw new AssertionError(MOUNTS + " cannot be closed");
      }
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
