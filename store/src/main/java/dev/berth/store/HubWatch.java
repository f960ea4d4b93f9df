package dev.berth.store;

import dev.berth.core.storage.Change;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Watch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A watch of {@link WatchHub}, with its buffer. */
final class HubWatch implements Watch {
  private static final Logger log = LoggerFactory.getLogger(HubWatch.class);

  /** Where the changes come from. */
  private sealed interface State {
    /** From the log, a portion of which is being read, or will be. */
    record ReadingLog() implements State {}

    /** From the log, when the taker has made room. */
    record LogWaits() implements State {}

    /** From the committer. */
    record Live() implements State {}

    /** From nowhere any more. */
    record Over(@Nullable StoreException why) implements State {}
  }

  private final WatchHub hub;
  private final Scope scope;
  private final int boundChanges;
  private final long boundBytes;

  // Guarded by this.
  private final Deque<Change> buffer = new ArrayDeque<>();
  private State state = new State.ReadingLog();
  private long bufferedBytes;

  /** Everything up to here was put into the buffer; does not move while the watch is live. */
  private long position;

  private long taken;
  private boolean wantsWake;
  private @Nullable Runnable ready;

  HubWatch(WatchHub hub, Scope scope, long revision, int boundChanges, long boundBytes) {
    this.hub = hub;
    this.scope = scope;
    this.position = revision;
    this.taken = revision;
    this.boundChanges = boundChanges;
    this.boundBytes = boundBytes;
  }

  Scope scope() {
    return scope;
  }

  synchronized long position() {
    return position;
  }

  static long bytes(Change change) {
    return bytes(change.before()) + bytes(change.after());
  }

  private static long bytes(@Nullable StoredObject object) {
    return object == null ? 0 : object.document().length;
  }

  /** Takes over what was read from the log up to {@code position}; true to go on reading. */
  synchronized boolean fill(List<Change> changes, long position) {
    if (state instanceof State.Over) {
      return false;
    }
    changes.forEach(this::add);
    this.position = position;
    if (hasRoomForPortion()) {
      return true;
    }
    state = new State.LogWaits();
    return false;
  }

  private boolean hasRoomForPortion() {
    return buffer.size() <= boundChanges / 2 && bufferedBytes <= boundBytes / 2;
  }

  private void add(Change change) {
    buffer.add(change);
    bufferedBytes += bytes(change);
  }

  synchronized void becomeLive() {
    if (!(state instanceof State.Over)) {
      state = new State.Live();
    }
  }

  /** Takes over a change that was just published. */
  void offer(Change change) {
    synchronized (this) {
      if (!(state instanceof State.Live)) {
        return;
      }
      var fits =
          buffer.isEmpty()
              || (buffer.size() < boundChanges && bufferedBytes + bytes(change) <= boundBytes);
      if (fits) {
        add(change);
        return;
      }
    }
    end(new StoreException.TooSlow(boundChanges));
  }

  /** Yields what is in the buffer, and then the end. {@link #wake} must follow. */
  void end(@Nullable StoreException why) {
    synchronized (this) {
      if (state instanceof State.Over) {
        return;
      }
      state = new State.Over(why);
    }
    hub.forget(this, why);
  }

  /** Tells the taker, if it waits, that there is something. */
  void wake() {
    Runnable toRun;
    synchronized (this) {
      if (!wantsWake || ready == null || !hasSomething()) {
        return;
      }
      wantsWake = false;
      toRun = ready;
    }
    run(toRun);
  }

  private void run(Runnable toRun) {
    try {
      toRun.run();
    } catch (RuntimeException e) {
      log.error("a watcher of {} failed when it was told of changes", scope, e);
      end(null);
    }
  }

  private boolean hasSomething() {
    return !buffer.isEmpty() || state instanceof State.Over;
  }

  @Override
  public Batch take(int most) {
    var delivered = hub.delivered();
    var goOn = false;
    Batch batch;
    synchronized (this) {
      var changes = new ArrayList<Change>(Math.min(most, buffer.size()));
      while (changes.size() < most && !buffer.isEmpty()) {
        var change = buffer.removeFirst();
        bufferedBytes -= bytes(change);
        taken = change.revision();
        changes.add(change);
      }
      batch =
          switch (state) {
            case State.Over(var why) when changes.isEmpty() -> new Ended(why);
            case State.Over over -> new Changes(changes, taken);
            case State.Live live -> new Changes(changes, progress(delivered));
            case State.ReadingLog reading -> new Changes(changes, progress(position));
            case State.LogWaits waits -> {
              goOn = hasRoomForPortion();
              yield new Changes(changes, progress(position));
            }
          };
      if (goOn) {
        state = new State.ReadingLog();
      }
      if (changes.size() < most) {
        wantsWake = true;
      }
    }
    if (goOn) {
      hub.readLog(this);
    }
    return batch;
  }

  /** With an empty buffer, everything up to {@code reached} was taken. */
  private long progress(long reached) {
    if (buffer.isEmpty()) {
      taken = Math.max(taken, reached);
    }
    return taken;
  }

  @Override
  public void onReady(Runnable ready) {
    synchronized (this) {
      this.ready = ready;
      wantsWake = true;
    }
    wake();
  }

  @Override
  public void close() {
    synchronized (this) {
      if (!(state instanceof State.Over)) {
        state = new State.Over(null);
      }
      buffer.clear();
      bufferedBytes = 0;
    }
    hub.forget(this, null);
    wake();
  }
}
