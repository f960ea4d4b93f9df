package dev.berth.node.runtime;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when files appear in directories, by one inotify instance and one thread for all of them.
 * Events only say where to look: they may be merged, and repeated.
 */
final class DirectoryWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DirectoryWatch.class);

  private final WatchService service;
  private final Map<WatchKey, Runnable> listeners = new ConcurrentHashMap<>();
  private final Map<Path, WatchKey> keys = new ConcurrentHashMap<>();

  DirectoryWatch(String node) throws IOException {
    this.service = FileSystems.getDefault().newWatchService();
    Thread.ofVirtual().name("container-watch-" + node).start(this::follow);
  }

  /**
   * Runs {@code appeared} whenever a file has appeared in the directory since; it must not block.
   */
  void add(Path directory, Runnable appeared) throws IOException {
    var key = directory.register(service, StandardWatchEventKinds.ENTRY_CREATE);
    listeners.put(key, appeared);
    keys.put(directory, key);
  }

  void remove(Path directory) {
    var key = keys.remove(directory);
    if (key != null) {
      listeners.remove(key);
      key.cancel();
    }
  }

  @Override
  public void close() throws IOException {
    service.close();
  }

  private void follow() {
    try {
      while (true) {
        var key = service.take();
        key.pollEvents();
        key.reset();
        var listener = listeners.get(key);
        if (listener != null) {
          tell(listener);
        }
      }
    } catch (ClosedWatchServiceException | InterruptedException e) {
      log.debug("watching containers ends");
    }
  }

  private static void tell(Runnable listener) {
    try {
      listener.run();
    } catch (RuntimeException e) {
      log.error("looking at a watched directory failed", e);
    }
  }
}
