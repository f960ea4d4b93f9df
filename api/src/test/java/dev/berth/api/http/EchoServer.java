package dev.berth.api.http;

import dev.berth.core.observe.Meters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A server that answers with what it is asked, and holds, streams or fails on demand. */
abstract class EchoServer {
  protected static final Limits LIMITS =
      new Limits(
          100,
          8,
          4096,
          4096,
          10_000,
          25_000,
          4,
          100,
          100,
          Duration.ofSeconds(10),
          Duration.ofMillis(400),
          Duration.ofMillis(800),
          Duration.ofMillis(700),
          Duration.ofSeconds(5));

  private final Transport transport;
  protected final CountDownLatch held = new CountDownLatch(1);
  protected final AtomicLong streamed = new AtomicLong();
  protected final AtomicBoolean finished = new AtomicBoolean();

  @TempDir protected Path directory;
  protected HttpServer server;

  EchoServer(Transport transport) {
    this.transport = transport;
  }

  @BeforeEach
  void start() throws IOException {
    server = server(LIMITS);
    server.listen(socket());
  }

  protected HttpServer server(Limits limits) {
    return new HttpServer(
        transport, limits, new Echo(), (_, _) -> new Caller.Anonymous(), Meters.none());
  }

  @AfterEach
  void stop() {
    held.countDown();
    server.close();
  }

  protected Path socket() {
    return directory.resolve("run").resolve("s");
  }

  protected Wire open() throws IOException {
    return Wire.open(socket());
  }

  /** Answers with what it was asked. */
  private final class Echo implements Handler {
    @Override
    public Answer handle(Request request) {
      return switch (request.target().path()) {
        case "/fault" -> throw new IllegalStateException("on purpose");
        case "/hold" -> hold();
        case "/stream" -> new Answer.Streamed(200, Answer.TEXT, List.of(), this::flood, this::over);
        case "/watch" -> new Answer.Streamed(200, Answer.TEXT, List.of(), this::wait, this::over);
        default ->
            Answer.text(
                200,
                request.method()
                    + " "
                    + request.target().segments()
                    + request.target().query()
                    + " "
                    + new String(request.body(), StandardCharsets.UTF_8));
      };
    }

    private Answer hold() {
      try {
        held.await();
        return Answer.text(200, "held");
      } catch (InterruptedException interrupted) {
        throw new IllegalStateException(interrupted);
      }
    }

    private void flood(Sink sink) throws IOException {
      while (!sink.ending()) {
        sink.write(new byte[16 << 10]);
        streamed.addAndGet(16 << 10);
      }
    }

    private void wait(Sink sink) throws IOException, InterruptedException {
      var end = new CountDownLatch(1);
      sink.onEnd(end::countDown);
      sink.write("begun".getBytes(StandardCharsets.UTF_8));
      end.await();
    }

    private void over() {
      finished.set(true);
    }

    @Override
    public Answer.@Nullable Whole refuse(Target target, Caller caller) {
      return target.path().equals("/refused") ? Answer.text(401, "no") : null;
    }

    @Override
    public Answer.Whole failure(int code, String reason, String message, int retryAfterSeconds) {
      return Answer.text(code, reason + ": " + message);
    }
  }
}
