package dev.berth.bin.client;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** The terminal of this process, through {@code stty}. */
final class Terminal implements AutoCloseable {
  private final String saved;

  private Terminal(String saved) {
    this.saved = saved;
  }

  /** A terminal's size in characters. */
  record Size(int columns, int rows) {}

  /** Whether standard input is a terminal. */
  static boolean present() {
    return stty("-g").isPresent();
  }

  /** Lets every key through to the program at the other end, until closed. */
  static Terminal raw() {
    var saved =
        stty("-g")
            .orElseThrow(
                () -> ClientException.usage("-t needs a terminal: standard input is none"));
    stty("raw", "-echo");
    return new Terminal(saved);
  }

  static Optional<Size> size() {
    return stty("size")
        .map(text -> text.split(" "))
        .filter(parts -> parts.length == 2)
        .map(parts -> new Size(Integer.parseInt(parts[1]), Integer.parseInt(parts[0])));
  }

  /**
   * Runs {@code action} whenever the window changes its size. The JDK tells of signals only through
   * a class outside its supported modules' documentation; where it is missing, sizes stay.
   */
  static void onResize(Runnable action) {
    try {
      var signal = Class.forName("sun.misc.Signal");
      var handler = Class.forName("sun.misc.SignalHandler");
      var proxy =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  action.run();
                }
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance("WINCH"), proxy);
    } catch (ClassNotFoundException
        | NoSuchMethodException
        | IllegalAccessException
        | InstantiationException
        | InvocationTargetException e) {
      return;
    }
  }

  @Override
  public void close() {
    stty(saved);
  }

  private static Optional<String> stty(String... arguments) {
    var command = new ArrayList<>(List.of("stty"));
    Collections.addAll(command, arguments);
    try {
      var process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.INHERIT)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? Optional.of(output.strip()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
