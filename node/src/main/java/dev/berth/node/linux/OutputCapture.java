package dev.berth.node.linux;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Reads a child's output to its end and keeps the beginning of it. */
final class OutputCapture {
  private static final int PIECE_BYTES = 8192;

  private final Fd pipe;
  private final int limitBytes;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream(512);
  private final CountDownLatch ended = new CountDownLatch(1);

  private OutputCapture(Fd pipe, int limitBytes) {
    this.pipe = pipe;
    this.limitBytes = limitBytes;
  }

  /**
   * Begins.
   *
   * @param pipe closed at its end
   */
  static OutputCapture of(Fd pipe, int limitBytes) throws SyscallException {
    var capture = new OutputCapture(pipe, limitBytes);
    Readiness.ofThisProcess().await(pipe, capture::read);
    return capture;
  }

  /** Reads once: there is something, or the end, so that it does not wait. */
  private boolean read() {
    var buffer = new byte[PIECE_BYTES];
    var read = 0L;
    try {
      read =
          NativeLibrary.loaded()
              .call("read", pipe.subject(), c -> c.read(pipe.number(), buffer, PIECE_BYTES));
    } catch (SyscallException e) {
      if (e.errno() == Errno.EINTR) {
        return true;
      }
      // What was read until then is the output.
    }
    if (read > 0) {
      synchronized (kept) {
        kept.write(buffer, 0, Math.min((int) read, limitBytes - kept.size()));
      }
      return true;
    }
    ended.countDown();
    return false;
  }

  /** Whether all was read that there is. */
  boolean ended() {
    return ended.getCount() == 0;
  }

  /** What was read until now. */
  String text() {
    synchronized (kept) {
      return kept.toString(StandardCharsets.UTF_8);
    }
  }

  /**
   * What was read, waiting a little for the end: a grandchild may hold the pipe open for ever.
   *
   * @param patienceMillis how long to wait
   */
  String text(long patienceMillis) throws InterruptedException {
    ended.await(patienceMillis, TimeUnit.MILLISECONDS);
    return text();
  }
}
