package dev.berth.bin;

import dev.berth.bin.client.Console;
import dev.berth.bin.config.ServerConfig;
import dev.berth.bin.observe.Logging;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The life of a server process, from its settings to its exit code. */
final class Server {
  private static final Logger LOG = LoggerFactory.getLogger(Server.class);

  /** After this the process ends even if a part of it does not. */
  private static final Duration STOP_WITHIN = Duration.ofMillis(4500);

  private Server() {}

  /** Runs until told to stop, by a signal or by a fault; returns the exit code. */
  static int run(ServerConfig settings, Console console) throws InterruptedException {
    Logging.configure(settings.log());
    var stop = new CompletableFuture<Stop>();
    var ended = new CountDownLatch(1);
    var begun = System.nanoTime();
    onSignal(stop, ended);
    try (var _ = Wiring.start(settings, stop::complete)) {
      LOG.info(
          "berth {} is up after {} ms",
          Main.Version.current(),
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun));
      warmUp();
      var reason = stop.join();
      LOG.info("stopping: {}", reason.reason());
      return reason.exitCode();
    } catch (StartException e) {
      LOG.debug("the start failed", e);
      stop.complete(new Stop(e.exitCode(), "the start failed"));
      console.err().println("berth: " + e.getMessage());
      return e.exitCode();
    } finally {
      ended.countDown();
    }
  }

  /**
   * Lets SIGTERM and SIGINT stop the server in order. The JVM would end with a code of its own for
   * the signal; the one that was agreed on is that of the stop.
   */
  private static void onSignal(CompletableFuture<Stop> stop, CountDownLatch ended) {
    var hook =
        Thread.ofPlatform()
            .name("stop")
            .unstarted(
                () -> {
                  stop.complete(new Stop(Stop.CLEAN, "asked to by a signal"));
                  try {
                    if (!ended.await(STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                      LOG.warn("a part of the server does not stop: ending without it");
                    }
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                  Runtime.getRuntime().halt(stop.join().exitCode());
                });
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Has the cache of loaded classes made in the background, where the launcher found none. */
  private static void warmUp() {
    var script = System.getProperty("berth.warmUp", "");
    if (script.isEmpty()) {
      return;
    }
    try {
      new ProcessBuilder("setsid", script)
          .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      LOG.warn("the next start will not be faster: {}", e.getMessage());
    }
  }
}
