package dev.berth.node.linux;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Reads a child's output to its end and keeps the beginning of it. */
final class OutputCapture implements Runnable {
  private final InputStream from;
  private final int limitBytes;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private final CountDownLatch ended = new CountDownLatch(1);

  OutputCapture(InputStream from, int limitBytes) {
    this.from = from;
    this.limitBytes = limitBytes;
  }

  @Override
  public void run() {
    var buffer = new byte[8192];
    try {
      for (var read = from.read(buffer); read >= 0; read = from.read(buffer)) {
        synchronized (kept) {
          kept.write(buffer, 0, Math.min(read, limitBytes - kept.size()));
        }
      }
    } catch (IOException e) {
      // The pipe was closed when the process ended: what was read until then is the output.
    } finally {
      ended.countDown();
    }
  }

  /**
   * What was read, waiting a little for the end: a grandchild may hold the pipe open for ever.
   *
   * @param patienceMillis how long to wait
   */
  String text(long patienceMillis) throws InterruptedException {
    ended.await(patienceMillis, TimeUnit.MILLISECONDS);
    synchronized (kept) {
      return kept.toString(StandardCharsets.UTF_8);
    }
  }
}
