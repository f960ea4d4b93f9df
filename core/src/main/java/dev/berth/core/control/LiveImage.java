package dev.berth.core.control;

import dev.berth.core.storage.Commit;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The image of the cluster, and whoever has to be told when it shows something else: the queues of
 * the controllers, and the decisions that wait for an object. It changes by what the feed brings
 * and by what becomes of own decisions, and nobody who changes it can forget to tell.
 */
final class LiveImage implements AutoCloseable {
  private static final int FEED_BATCH = 512;

  private final ObjectStore store;
  private final Supplier<ClusterImage> images;
  private final Rota rota;
  private final Runnable wake;
  private final Waiters waiters = new Waiters();
  private ClusterImage image;
  private ImageFeed feed;
  private boolean usable;

  /**
   * @param images makes an empty image, for each time that everything is read
   * @param wake is run on the store's thread when the feed has something
   */
  LiveImage(ObjectStore store, Supplier<ClusterImage> images, Rota rota, Runnable wake) {
    this.store = store;
    this.images = images;
    this.rota = rota;
    this.wake = wake;
    this.image = images.get();
    this.feed = new ImageFeed(store, image, wake);
  }

  /** What is known now; another object after {@link #startOver}. */
  ClusterView view() {
    return image;
  }

  /** How many objects it shows. */
  int size() {
    return image.keys().size();
  }

  /** Whether everything was read, and every change since. */
  boolean usable() {
    return usable;
  }

  /** Changes were lost: it cannot be kept up to date any more. */
  void lost() {
    usable = false;
  }

  /** Forgets everything, also who waits and what is due. */
  void startOver() {
    feed.close();
    waiters.clear();
    rota.clear();
    image = images.get();
    feed = new ImageFeed(store, image, wake);
    usable = false;
  }

  /**
   * Reads the next part of everything.
   *
   * @return whether that was the last
   * @throws StoreException when it cannot be read: {@link StoreException.Compacted} asks for a new
   *     start
   */
  boolean load(Instant now) {
    if (!feed.load(now)) {
      return false;
    }
    usable = true;
    for (var key : List.copyOf(image.keys())) {
      var object = image.object(key);
      if (object != null) {
        observe(new Transition(key, null, object.view()), now);
      }
    }
    return true;
  }

  /**
   * Takes in what the feed has brought, or a part of it.
   *
   * @return whether it had brought anything
   * @throws StoreException.Compacted when changes were lost
   */
  boolean takeFeed(Instant now) {
    var changes = feed.take(FEED_BATCH);
    for (var change : changes) {
      var transition = image.feed(change, now);
      if (transition != null) {
        observe(transition, now);
        waiters.release(change.key(), now);
      }
    }
    feed.taken();
    // A feed that has ended told so once, maybe with changes still to be taken before the end.
    return !changes.isEmpty();
  }

  /** Shows what was decided, and returns the number under which that is on its way. */
  long propose(Plan plan, Instant now) {
    return image.propose(plan.steps(), now);
  }

  /** What was decided is in the store. */
  void settle(Commits.Decision decision, Commit commit, Instant now) {
    image.settle(decision.proposal(), commit, now).forEach(transition -> observe(transition, now));
    releaseAll(decision, now);
  }

  /** What was decided will not be in the store. */
  void takeBack(Commits.Decision decision, Instant now) {
    image.revert(decision.proposal(), now).forEach(transition -> observe(transition, now));
    releaseAll(decision, now);
  }

  /**
   * What was decided conflicts with another version of an object: takes it back, and lets the key
   * be looked at again when that version is known.
   */
  void takeBack(Commits.Decision decision, StoreException.Conflict conflict, Instant now) {
    takeBack(decision, now);
    var present = image.object(conflict.key());
    var fresh = (present == null ? 0 : present.revision()) == conflict.actual();
    if (!fresh) {
      waiters.await(conflict.key(), decision.controller(), decision.key());
    }
    decision.controller().queue().failed(decision.key(), fresh, now);
  }

  /** Lets the key be looked at again when what is on its way for one of the objects is answered. */
  void park(Controller controller, ObjectKey key, Set<ObjectKey> busy, Instant now) {
    var waits = false;
    for (var one : busy) {
      if (image.isBusy(one)) {
        waiters.await(one, controller, key);
        waits = true;
      }
    }
    if (!waits) {
      controller.queue().failed(key, true, now);
    }
  }

  private void observe(Transition transition, Instant now) {
    rota.observe(transition, image, now);
  }

  private void releaseAll(Commits.Decision decision, Instant now) {
    for (var step : decision.plan().steps()) {
      if (!(step instanceof Transaction.Check)) {
        waiters.release(step.key(), now);
      }
    }
  }

  /** Takes no more changes. */
  @Override
  public void close() {
    feed.close();
  }
}
