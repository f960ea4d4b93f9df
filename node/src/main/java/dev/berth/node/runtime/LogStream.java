package dev.berth.node.runtime;

import dev.berth.core.node.LogQuery;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The output of a container as its log files have it, through all of them in order and, when asked,
 * on as the container writes. One thread reads; any other may close.
 */
final class LogStream extends InputStream {
  private static final int CHUNK_BYTES = 64 * 1024;

  /** No line that conmon writes is longer; whatever is, is taken in pieces. */
  private static final int LINE_LIMIT_BYTES = 1 << 20;

  /** How long a silent log is left alone before looking again. */
  private static final long LOOK_MILLIS = 100;

  private final ContainerLog log;
  private final LogQuery query;
  private final BooleanSupplier exited;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition closing = lock.newCondition();

  private ContainerLog.@Nullable Part part;
  private @Nullable FileChannel channel;
  private byte[] raw = new byte[CHUNK_BYTES];
  private int rawFrom;
  private int rawTo;
  private byte[] out = new byte[0];
  private int outFrom;
  private long left;
  private boolean sinceReached;
  private boolean lineBegins = true;
  private volatile boolean closed;

  /**
   * @param exited whether nothing will be written any more
   */
  LogStream(ContainerLog log, LogQuery query, BooleanSupplier exited) throws IOException {
    this.log = log;
    this.query = query;
    this.exited = exited;
    this.left = query.limitBytes().orElse(Long.MAX_VALUE);
    this.sinceReached = query.since() == null;
    var parts = log.parts();
    if (query.tailLines().isPresent()) {
      openTail(parts, query.tailLines().getAsLong());
    } else if (!parts.isEmpty()) {
      open(parts.getFirst());
    }
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (left <= 0) {
      return -1;
    }
    while (outFrom == out.length) {
      if (closed || !more()) {
        return -1;
      }
    }
    var count = (int) Math.min(Math.min(length, out.length - outFrom), left);
    System.arraycopy(out, outFrom, into, offset, count);
    outFrom += count;
    left -= count;
    return count;
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      closing.signalAll();
    } finally {
      lock.unlock();
    }
    var open = channel;
    if (open != null) {
      open.close();
    }
  }

  /** Produces more output, or finds out that there is none: false at the end of the stream. */
  private boolean more() throws IOException {
    try {
      if (takeLines()) {
        return true;
      }
      // Whatever was written before the exit was seen is read after it was seen.
      var ended = exited.getAsBoolean();
      if (fill()) {
        return true;
      }
      if (nextPart()) {
        return true;
      }
      if (!query.follow() || ended) {
        return false;
      }
      pause();
      return true;
    } catch (ClosedChannelException e) {
      if (closed) {
        return false;
      }
      throw e;
    }
  }

  /** Moves all complete lines that were read to the output; false when there is none. */
  private boolean takeLines() {
    var lines = new ByteArrayOutputStream();
    var start = rawFrom;
    for (var at = rawFrom; at < rawTo; at++) {
      if (raw[at] == '\n') {
        render(raw, start, at - start, lines);
        start = at + 1;
      }
    }
    if (start == rawFrom) {
      return false;
    }
    rawFrom = start;
    out = lines.toByteArray();
    outFrom = 0;
    return true;
  }

  private void render(byte[] bytes, int from, int length, ByteArrayOutputStream into) {
    var line = LogLine.parse(bytes, from, length);
    if (line == null || !wanted(line)) {
      return;
    }
    if (lineBegins && query.timestamps()) {
      into.writeBytes((line.timestamp() + " ").getBytes(StandardCharsets.US_ASCII));
    }
    into.write(line.bytes(), line.from(), line.length());
    if (!line.partial()) {
      into.write('\n');
    }
    lineBegins = !line.partial();
  }

  private boolean wanted(LogLine line) {
    var since = query.since();
    if (!sinceReached && since != null) {
      var instant = line.instant();
      sinceReached = instant != null && !instant.isBefore(since);
    }
    return sinceReached;
  }

  /** Reads on in the present file; false at its present end. */
  private boolean fill() throws IOException {
    var open = channel;
    if (open == null) {
      return false;
    }
    if (rawFrom > 0) {
      System.arraycopy(raw, rawFrom, raw, 0, rawTo - rawFrom);
      rawTo -= rawFrom;
      rawFrom = 0;
    }
    if (rawTo == raw.length) {
      if (raw.length >= LINE_LIMIT_BYTES) {
        raw[rawTo - 1] = '\n';
        return true;
      }
      raw = Arrays.copyOf(raw, raw.length * 2);
    }
    var read = open.read(ByteBuffer.wrap(raw, rawTo, raw.length - rawTo));
    if (read <= 0) {
      return false;
    }
    rawTo += read;
    return true;
  }

  /** Goes on to the file after the present one; false when there is none. */
  private boolean nextPart() throws IOException {
    var present = part;
    var parts = log.parts();
    if (present == null) {
      return !parts.isEmpty() && open(parts.getFirst());
    }
    if (log.current(present)) {
      return false;
    }
    // What was written into it just before it was replaced.
    if (fill()) {
      return true;
    }
    var at = indexOf(parts, present);
    // When it has been removed meanwhile, everything that is left is younger.
    return at + 1 < parts.size() && open(parts.get(at + 1));
  }

  private static int indexOf(List<ContainerLog.Part> parts, ContainerLog.Part part) {
    for (var i = 0; i < parts.size(); i++) {
      if (parts.get(i).key().equals(part.key())) {
        return i;
      }
    }
    return -1;
  }

  private boolean open(ContainerLog.Part next) throws IOException {
    var found = opened(next);
    if (found == null) {
      // Removed since it was listed, or renamed: list again.
      return false;
    }
    var before = channel;
    if (before != null) {
      before.close();
    }
    channel = found;
    part = next;
    // A line torn by the end of a file is not continued in the next one.
    rawFrom = 0;
    rawTo = 0;
    if (closed) {
      found.close();
    }
    return true;
  }

  /** The very file, which may have got another name since it was listed; null when it has none. */
  private @Nullable FileChannel opened(ContainerLog.Part wanted) throws IOException {
    for (var name = Optional.of(wanted); name.isPresent(); name = log.named(wanted)) {
      try {
        var file = FileChannel.open(name.get().path(), StandardOpenOption.READ);
        // A name goes from file to file and never back: what it is now, it was when it was opened.
        if (log.isStill(name.get())) {
          return file;
        }
        file.close();
      } catch (NoSuchFileException e) {
        // It has another name by now, or none.
      }
    }
    return null;
  }

  /** Opens the file in which the last {@code lines} lines begin, at their beginning. */
  private void openTail(List<ContainerLog.Part> parts, long lines) throws IOException {
    var wanted = lines;
    for (var candidate : parts.reversed()) {
      if (!open(candidate)) {
        continue;
      }
      var open = Objects.requireNonNull(channel);
      var found = backwards(open, wanted);
      wanted -= found;
      if (wanted <= 0) {
        return;
      }
      open.position(0);
    }
  }

  /**
   * Positions a file at the beginning of its last {@code wanted} complete lines.
   *
   * @return how many of them it has
   */
  private static long backwards(FileChannel file, long wanted) throws IOException {
    var chunk = ByteBuffer.allocate(CHUNK_BYTES);
    var newlines = 0L;
    var end = file.size();
    file.position(end);
    while (end > 0) {
      var from = Math.max(0, end - CHUNK_BYTES);
      chunk.clear().limit((int) (end - from));
      var read = file.read(chunk, from);
      while (read > 0 && chunk.hasRemaining()) {
        read = file.read(chunk, from + chunk.position());
      }
      for (var i = chunk.position() - 1; i >= 0; i--) {
        if (chunk.get(i) == '\n') {
          if (newlines == wanted) {
            file.position(from + i + 1);
            return wanted;
          }
          newlines++;
        }
      }
      end = from;
    }
    file.position(0);
    return newlines;
  }

  private void pause() throws InterruptedIOException {
    lock.lock();
    try {
      var left = TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS);
      while (!closed && left > 0) {
        left = closing.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a container's output");
    } finally {
      lock.unlock();
    }
  }
}
