package dev.berth.it.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs programs to their end. */
public final class Command {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private Command() {}

  /** What a program left: its exit code and what it wrote. */
  public record Result(List<String> argv, int code, String out, String err) {

    /** Standard output, when all went well. */
    public String ok() {
      if (code != 0) {
        throw new AssertionError("expected success of " + this);
      }
      return out;
    }

    /** Standard error, when it failed. */
    public String failed() {
      if (code == 0) {
        throw new AssertionError("expected a failure of " + this);
      }
      return err;
    }

    @Override
    public String toString() {
      return String.join(" ", argv) + "\nexit code " + code + "\n" + out + "\n" + err;
    }
  }

  public static Result run(String... argv) {
    return run(List.of(argv), Map.of(), "");
  }

  public static Result run(List<String> argv, Map<String, String> environment, String stdin) {
    var builder = new ProcessBuilder(argv);
    builder.environment().putAll(environment);
    try {
      var process = builder.start();
      var out = read(process.getInputStream());
      var err = read(process.getErrorStream());
      try (var in = process.getOutputStream()) {
        in.write(stdin.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // It ended without reading its input, as a program may.
      }
      if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
        throw new AssertionError(
            String.join(" ", argv)
                + " did not end within "
                + LIMIT
                + "\n"
                + out.join()
                + err.join());
      }
      return new Result(argv, process.exitValue(), out.join(), err.join());
    } catch (IOException e) {
      throw new AssertionError(
          "cannot run " + argv.getFirst() + ": is it installed? (bin/test installs it)", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while running " + String.join(" ", argv), e);
    }
  }

  private static CompletableFuture<String> read(java.io.InputStream stream) {
    var result = new CompletableFuture<String>();
    Thread.ofVirtual()
        .start(
            () -> {
              try (stream) {
                result.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
              } catch (IOException e) {
                result.completeExceptionally(new UncheckedIOException(e));
              }
            });
    return result;
  }
}
