package dev.berth.node.sync;

import dev.berth.core.model.ResourceType;
import dev.berth.core.registry.ListOptions;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.ResourceWatch;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WatchOptions;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows objects of one type: all that there are, then every change, and again from the beginning
 * whenever the thread of changes is lost. On a virtual thread of its own, which waits for the API
 * as long as it takes.
 */
public final class ObjectFeed implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ObjectFeed.class);
  private static final int PAGE = 500;
  private static final Duration RETRY = Duration.ofMillis(500);

  /** Receives objects, on the feed's thread; it must only hand over. */
  public interface Receiver {
    /** Everything there is: what is not in the list is gone. */
    void all(List<StoredObject> objects);

    /** An object was added or has changed. */
    void changed(StoredObject object);

    /** An object is gone, or does not match any more. */
    void gone(StoredObject last);
  }

  /** For those who read for themselves what there is: only tells them that it may have changed. */
  public record Nudge(Runnable changed) implements Receiver {
    @Override
    public void all(List<StoredObject> objects) {
      changed.run();
    }

    @Override
    public void changed(StoredObject object) {
      changed.run();
    }

    @Override
    public void gone(StoredObject last) {
      changed.run();
    }
  }

  private final Resources resources;
  private final ResourceType type;
  private final @Nullable String fieldSelector;
  private final Receiver receiver;
  private final Semaphore ready = new Semaphore(0);
  private final Thread thread;

  /**
   * @param fieldSelector null for all objects
   */
  public ObjectFeed(
      Resources resources, ResourceType type, @Nullable String fieldSelector, Receiver receiver) {
    this.resources = resources;
    this.type = type;
    this.fieldSelector = fieldSelector;
    this.receiver = receiver;
    thread = Thread.ofVirtual().name("feed of " + type.plural()).unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  private void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        try {
          follow(list());
        } catch (StoreException | Rejection e) {
          LOG.warn("{} cannot be followed at the moment: {}", type.plural(), e.getMessage());
          Thread.sleep(RETRY);
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("the feed of {} ends", type.plural());
    }
  }

  /** Hands over everything; the revision from which to follow. */
  private long list() {
    var objects = new ArrayList<StoredObject>();
    String next = null;
    long revision;
    do {
      var page =
          resources.list(type, null, new ListOptions(null, fieldSelector, PAGE, next, null, null));
      objects.addAll(page.objects());
      next = page.continueToken();
      revision = page.revision();
    } while (next != null);
    receiver.all(objects);
    return revision;
  }

  private void follow(long revision) throws InterruptedException {
    var options = new WatchOptions(null, fieldSelector, Long.toString(revision));
    try (var watch = resources.watch(type, null, null, options)) {
      watch.onReady(ready::release);
      while (true) {
        switch (watch.take(PAGE)) {
          case ResourceWatch.Events(var events, _) -> {
            if (events.isEmpty()) {
              ready.acquire();
              ready.drainPermits();
            }
            events.forEach(this::hand);
          }
          case ResourceWatch.Ended(var cause) -> {
            LOG.debug("the watch of {} ended: {}", type.plural(), cause);
            return;
          }
        }
      }
    }
  }

  private void hand(ResourceWatch.WatchEvent event) {
    switch (event.type()) {
      case ADDED, MODIFIED -> receiver.changed(event.object());
      case DELETED -> receiver.gone(event.object());
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
