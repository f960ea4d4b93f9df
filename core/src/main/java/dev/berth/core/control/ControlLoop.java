package dev.berth.core.control;

import dev.berth.core.observe.Meters;
import dev.berth.core.registry.EventSink;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place where decisions are made. It owns the image of the cluster, takes keys from the
 * queues of its controllers in turn, lets their reconcilers decide, lays what they decide over the
 * image and hands it to the store without waiting for the answer. All is done by {@link #step}, on
 * the thread that calls it and at the time that it is given.
 *
 * <p>It goes through these phases:
 *
 * <pre>
 * TAKING_EPOCH --> LOADING --> DECIDING --(an answer was lost, or the feed)--> DRAINING
 *      ^   \                       ^                                              |
 *      |    --> CATCHING_UP -------+                                              |
 *      +--------------------------------------------------------------------------+
 * </pre>
 *
 * DRAINING waits for the answers that are still due and decides nothing. What is still unknown then
 * is made certain by a new epoch (see {@link Epoch}): when the image has caught up with it,
 * whatever is not in the image did not happen.
 */
public final class ControlLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlLoop.class);
  private static final int DECISIONS_PER_STEP = 64;
  private static final int MOST_IN_FLIGHT = 256;
  private static final Backoff EPOCH_BACKOFF =
      new Backoff(Duration.ofMillis(50), Duration.ofSeconds(5));

  private enum Phase {
    TAKING_EPOCH,
    LOADING,
    CATCHING_UP,
    DECIDING,
    DRAINING,
    STOPPED
  }

  /**
   * What a step came to.
   *
   * @param more whether there is more to do right now
   * @param next when there will be, if nothing wakes the loop before; null when nothing is planned
   */
  public record Progress(boolean more, @Nullable Instant next) {}

  private final Rota rota;
  private final EventSink events;
  private final FaultHandler faults;
  private final ControlMeters meters;
  private final List<Runnable> wakers = new CopyOnWriteArrayList<>();
  private final Epoch epoch;
  private final Commits commits;
  private final LiveImage image;
  private final List<Commits.Decision> uncertain = new ArrayList<>();
  private final Inquiries inquiries = new Inquiries(this::wake);
  private volatile Phase phase = Phase.TAKING_EPOCH;
  private int epochFailures;
  private @Nullable Instant notBefore;

  /**
   * @param holder a name that no other decider ever uses
   */
  public ControlLoop(
      ObjectStore store,
      List<Controller> controllers,
      EventSink events,
      FaultHandler faults,
      Meters meters,
      String holder) {
    this(store, controllers, events, faults, meters, holder, ClusterImage::new);
  }

  /**
   * @param images makes an empty image, for each time that everything is read
   */
  ControlLoop(
      ObjectStore store,
      List<Controller> controllers,
      EventSink events,
      FaultHandler faults,
      Meters meters,
      String holder,
      Supplier<ClusterImage> images) {
    this.rota = new Rota(controllers);
    this.events = events;
    this.faults = faults;
    this.meters = new ControlMeters(meters, controllers);
    this.epoch = new Epoch(store, holder, this::wake);
    this.commits = new Commits(store, this::wake);
    this.image = new LiveImage(store, images, rota, this::wake);
  }

  /** Names what to run, on whatever thread, when a step is worth while earlier than planned. */
  public void onWork(Runnable waker) {
    wakers.add(waker);
  }

  private void wake() {
    wakers.forEach(Runnable::run);
  }

  /**
   * Asks a question about the image, on whatever thread. It is answered between two decisions, as
   * soon as the loop decides and has taken in everything up to the revision; cancelled when the
   * loop ends. The question must look and not touch: it holds up every decision.
   */
  public <T> CompletableFuture<T> ask(long revision, Function<ClusterView, T> question) {
    return inquiries.ask(revision, question);
  }

  /** Does a bounded amount of work. One thread at a time. */
  public Progress step(Instant now) {
    if (phase == Phase.STOPPED) {
      return new Progress(false, null);
    }
    var more = false;
    try {
      var answered = takeAnswers(now);
      more = advance(now) || answered;
    } catch (StoreException.Compacted e) {
      LOG.warn("the change feed was lost, everything is read again: {}", e.getMessage());
      image.lost();
      phase = Phase.DRAINING;
      more = true;
    } catch (StoreException.Unavailable e) {
      pause(e, now);
    } catch (StoreException e) {
      stop("the store failed: " + e.getMessage(), e);
    }
    meters.publish(commits.inFlight(), image.view().revision());
    return new Progress(more, earliest());
  }

  private boolean advance(Instant now) {
    if (notBefore != null && now.isBefore(notBefore)) {
      return false;
    }
    notBefore = null;
    return switch (phase) {
      case TAKING_EPOCH -> takeEpoch(now);
      case LOADING -> load(now);
      case CATCHING_UP -> catchUp(now);
      case DECIDING -> {
        var more = image.takeFeed(now);
        inquiries.answer(image.view());
        more |= decide(now);
        yield more || inquiries.pending(image.view());
      }
      case DRAINING -> drain(now);
      case STOPPED -> false;
    };
  }

  private boolean takeEpoch(Instant now) {
    switch (epoch.poll()) {
      case Epoch.Underway() -> {
        return false;
      }
      case Epoch.Taken() -> {
        epochFailures = 0;
        phase = image.usable() ? Phase.CATCHING_UP : Phase.LOADING;
        return true;
      }
      case Epoch.TryLater(var why) -> pause(why, now);
      case Epoch.TakenByOther(var by) -> stop("another decider has taken over: " + by, null);
      case Epoch.Broken(var why) -> stop("the store failed while the epoch was taken", why);
    }
    return false;
  }

  private void pause(StoreException why, Instant now) {
    epochFailures++;
    notBefore = now.plus(EPOCH_BACKOFF.after(epochFailures));
    LOG.warn("nothing can be decided now, next try at {}: {}", notBefore, why.getMessage());
  }

  private boolean load(Instant now) {
    if (image.load(now)) {
      LOG.info("deciding on {} objects from revision {}", image.size(), image.view().revision());
      phase = Phase.DECIDING;
    }
    return true;
  }

  private boolean catchUp(Instant now) {
    var more = image.takeFeed(now);
    if (image.view().revision() < epoch.revision()) {
      return more;
    }
    for (var decision : uncertain) {
      image.takeBack(decision, now);
      decision.controller().queue().failed(decision.key(), true, now);
    }
    uncertain.clear();
    phase = Phase.DECIDING;
    return true;
  }

  private boolean drain(Instant now) {
    var more = image.usable() && image.takeFeed(now);
    if (commits.inFlight() > 0) {
      return more;
    }
    if (!image.usable()) {
      uncertain.clear();
      image.startOver();
    }
    phase = Phase.TAKING_EPOCH;
    return true;
  }

  private boolean takeAnswers(Instant now) {
    var any = false;
    for (var answer = commits.poll(); answer != null; answer = commits.poll()) {
      any = true;
      take(answer, now);
    }
    return any;
  }

  private void take(Commits.Answer answer, Instant now) {
    var decision = answer.decision();
    if (answer.commit() != null) {
      meters.committed(decision.controller());
      decision.controller().queue().succeeded(decision.key());
      tell(decision.plan());
      image.settle(decision, answer.commit(), now);
      return;
    }
    switch (answer.failure()) {
      case StoreException.Conflict conflict when conflict.key().equals(Epoch.KEY) ->
          stop("another decider has taken over", null);
      case StoreException.Conflict conflict -> {
        meters.conflicted(decision.controller());
        image.takeBack(decision, conflict, now);
      }
      case StoreException.Unavailable unavailable -> {
        LOG.warn("the outcome of a decision is unknown: {}", unavailable.getMessage());
        meters.lost(decision.controller());
        uncertain.add(decision);
        if (phase == Phase.DECIDING) {
          phase = Phase.DRAINING;
        }
      }
      case null -> stop("a commit was answered with nothing", null);
      case Throwable other -> stop("the store failed: " + other.getMessage(), other);
    }
  }

  /** Lets the controllers decide in turn, until nothing is due or enough was done for one step. */
  private boolean decide(Instant now) {
    for (var decided = 0; decided < DECISIONS_PER_STEP; decided++) {
      if (commits.inFlight() >= MOST_IN_FLIGHT) {
        inquiries.nothingToDecide();
        return false;
      }
      var turn = rota.poll(now);
      if (turn == null) {
        inquiries.nothingToDecide();
        return false;
      }
      inquiries.decided();
      decide(turn.controller(), turn.key(), now);
    }
    return true;
  }

  private void decide(Controller controller, ObjectKey key, Instant now) {
    Plan plan;
    Transaction transaction = null;
    try {
      plan = controller.reconciler().reconcile(image.view(), key, now);
      if (!plan.steps().isEmpty()) {
        var steps = new ArrayList<>(plan.steps());
        steps.add(epoch.check());
        transaction = Transaction.of(steps);
      }
    } catch (RuntimeException e) {
      meters.faulted(controller);
      controller.queue().failed(key, false, now);
      faults.decisionFailed(controller.name(), key, e);
      return;
    }
    meters.decided(controller);
    controller.queue().decided(key, plan.next(), now);
    if (plan.next() instanceof Plan.Settled(var busy)) {
      image.park(controller, key, busy, now);
    } else if (transaction == null) {
      controller.queue().succeeded(key);
    }
    if (transaction == null) {
      tell(plan);
    } else {
      var proposal = image.propose(plan, now);
      commits.submit(new Commits.Decision(proposal, controller, key, plan), transaction);
    }
  }

  private void tell(Plan plan) {
    for (var notice : plan.notices()) {
      events.record(notice.involved(), notice.type(), notice.reason(), notice.message());
    }
  }

  private void stop(String why, @Nullable Throwable cause) {
    if (phase != Phase.STOPPED) {
      phase = Phase.STOPPED;
      image.close();
      inquiries.close();
      faults.stopped(why, cause);
    }
  }

  private @Nullable Instant earliest() {
    if (notBefore != null) {
      return notBefore;
    }
    if (phase != Phase.DECIDING || commits.inFlight() >= MOST_IN_FLIGHT) {
      return null;
    }
    return rota.earliest();
  }

  /** Whether it has stopped for good. */
  public boolean stopped() {
    return phase == Phase.STOPPED;
  }

  /** Whether it decides: it holds the epoch and its image is complete. */
  public boolean deciding() {
    return phase == Phase.DECIDING;
  }

  /** Takes no more changes. What was handed to the store is not taken back. */
  @Override
  public void close() {
    phase = Phase.STOPPED;
    image.close();
    inquiries.close();
  }
}
