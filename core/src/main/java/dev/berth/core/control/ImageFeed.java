package dev.berth.core.control;

import dev.berth.core.storage.Change;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Watch;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Fills an image from a list of everything, page by page, and keeps it up to date by a watch. */
final class ImageFeed implements AutoCloseable {
  private static final int PAGE = 2000;

  private final ObjectStore store;
  private final ClusterImage image;
  private final Runnable wake;
  private long listRevision;
  private @Nullable ObjectKey listed;
  private boolean complete;
  private @Nullable Watch watch;
  private long progress;

  /**
   * @param wake is run on the store's thread when there is something to take
   */
  ImageFeed(ObjectStore store, ClusterImage image, Runnable wake) {
    this.store = store;
    this.image = image;
    this.wake = wake;
  }

  /**
   * Loads the next page of the list.
   *
   * @return whether the image is complete now
   * @throws StoreException when it cannot be loaded: {@link StoreException.Compacted} asks for a
   *     new image
   */
  boolean load(Instant now) {
    if (!complete) {
      var page = store.list(Scope.everything(), listRevision, listed, PAGE);
      page.objects().forEach(object -> image.load(object, now));
      listRevision = page.revision();
      listed = page.next();
      if (listed == null) {
        image.progress(listRevision);
        complete = true;
      }
    }
    return complete;
  }

  /**
   * Takes what has arrived.
   *
   * @throws StoreException.Compacted when changes were lost: a new image is needed
   * @throws StoreException when the store cannot be watched now (Unavailable) or any more
   */
  List<Change> take(int most) {
    if (watch == null) {
      watch = store.watch(Scope.everything(), image.revision());
      watch.onReady(wake);
    }
    return switch (watch.take(most)) {
      case Watch.Changes(var changes, var reached) -> {
        progress = reached;
        yield changes;
      }
      case Watch.Ended(var cause) -> {
        close();
        if (cause instanceof StoreException.TooSlow) {
          wake.run();
          yield List.of();
        }
        throw cause == null ? new StoreException.Broken("the change feed was closed", null) : cause;
      }
    };
  }

  /** Everything that {@link #take} gave has been taken in. */
  void taken() {
    image.progress(progress);
  }

  @Override
  public void close() {
    if (watch != null) {
      watch.close();
      watch = null;
    }
  }
}
