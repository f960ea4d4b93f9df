package dev.berth.bin;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Closes what was started, the last first; what fails to close does not keep the rest open. */
final class Closer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Closer.class);

  private final Deque<Part> parts = new ArrayDeque<>();

  private record Part(String name, AutoCloseable end) {}

  /**
   * @param name for the log, should it fail to close
   */
  void add(String name, AutoCloseable end) {
    parts.push(new Part(name, end));
  }

  @Override
  public void close() {
    while (!parts.isEmpty()) {
      var part = parts.pop();
      try {
        part.end().close();
      } catch (Exception e) {
        LOG.error("{} could not be closed in order", part.name(), e);
        if (e instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
