package dev.berth.api.rest;

import dev.berth.api.http.Sink;
import dev.berth.core.model.Json;
import dev.berth.core.registry.ResourcePage;
import dev.berth.core.registry.ResourceWatch;
import dev.berth.core.registry.ResourceWatch.Ended;
import dev.berth.core.registry.ResourceWatch.EventType;
import dev.berth.core.registry.ResourceWatch.Events;
import dev.berth.core.registry.ResourceWatch.WatchEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A watch on its way to a client: one JSON document for each event. It writes only as fast as the
 * client takes; a client that is too slow for the bound of the {@link ResourceWatch} finds its
 * stream ended and watches again from the last version that it saw.
 */
final class WatchStream {
  private static final int BATCH = 128;
  private static final int PIECE = 32 << 10;

  private final ResourceWatch watch;
  private final Printer printer;
  private final boolean bookmarks;
  private final Duration period;
  private final Duration timeout;
  private final Sink sink;
  private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
  private final Semaphore ready = new Semaphore(0);
  private long reached;
  private boolean columnsTold;

  /**
   * @param bookmarks whether the client wants to be told how far the watch has come
   * @param period how often, when it does
   * @param timeout after which it ends
   */
  WatchStream(
      ResourceWatch watch,
      Printer printer,
      boolean bookmarks,
      Duration period,
      Duration timeout,
      Sink sink) {
    this.watch = watch;
    this.printer = printer;
    this.bookmarks = bookmarks;
    this.period = period;
    this.timeout = timeout;
    this.sink = sink;
  }

  /** Sends what is there before the watch begins, and tells that this was it. */
  void initial(ResourcePage page) throws IOException {
    for (var object : page.objects()) {
      append(new WatchEvent(EventType.ADDED, object));
    }
    reached = page.revision();
    append("BOOKMARK", printer.bookmark(reached, true));
    flush();
  }

  /** Sends events until the client goes, the server stops, or the time is over. */
  void run() throws IOException, InterruptedException {
    sink.onEnd(ready::release);
    var now = System.nanoTime();
    var end = now + timeout.toNanos();
    var next = bookmarks ? now + period.toNanos() : end;
    while (!sink.ending()) {
      var batch = watch.take(BATCH);
      if (batch instanceof Ended(var cause)) {
        if (cause != null) {
          append("ERROR", Json.write(StatusBody.failure(cause)));
          flush();
        }
        return;
      }
      var taken = tell((Events) batch);
      now = System.nanoTime();
      if (now - end >= 0) {
        bookmark();
        return;
      }
      if (now - next >= 0) {
        bookmark();
        next = now + period.toNanos();
      }
      if (taken == 0) {
        await(Math.min(next - now, end - now));
      }
    }
  }

  private int tell(Events batch) throws IOException {
    for (var event : batch.events()) {
      append(event);
    }
    flush();
    reached = Math.max(reached, batch.progress());
    return batch.events().size();
  }

  private void await(long nanos) throws InterruptedException {
    ready.drainPermits();
    watch.onReady(ready::release);
    if (!sink.ending() && ready.tryAcquire(Math.max(nanos, 0), TimeUnit.NANOSECONDS)) {
      ready.drainPermits();
    }
  }

  private void append(WatchEvent event) throws IOException {
    append(event.type().name(), printer.event(event.object(), !columnsTold));
    columnsTold = true;
    reached = Math.max(reached, event.object().revision());
    if (buffer.size() >= PIECE) {
      flush();
    }
  }

  private void append(String type, byte[] object) {
    buffer.writeBytes(
        ("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.US_ASCII));
    buffer.writeBytes(object);
    buffer.write('}');
    buffer.write('\n');
  }

  private void bookmark() throws IOException {
    if (bookmarks && reached > 0) {
      append("BOOKMARK", printer.bookmark(reached, false));
      flush();
    }
  }

  private void flush() throws IOException {
    if (buffer.size() > 0) {
      sink.write(buffer.toByteArray());
      buffer.reset();
    }
  }
}
