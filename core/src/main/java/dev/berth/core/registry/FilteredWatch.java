package dev.berth.core.registry;

import dev.berth.core.registry.select.Selection;
import dev.berth.core.storage.Change;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Watch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns the changes of the store into the events of those objects that are selected: what begins to
 * match is added, what no longer matches is deleted.
 */
final class FilteredWatch implements ResourceWatch {

  static final String TOO_OLD = "The resourceVersion for the provided watch is too old.";

  private final Watch changes;
  private final Selection selection;
  private final Deque<StoredObject> initial;

  /**
   * @param initial what is there at the version after which {@code changes} begins
   */
  FilteredWatch(Watch changes, Selection selection, List<StoredObject> initial) {
    this.changes = changes;
    this.selection = selection;
    this.initial = new ArrayDeque<>(initial);
  }

  @Override
  public Batch take(int most) {
    if (!initial.isEmpty()) {
      return takeInitial(most);
    }
    while (true) {
      switch (changes.take(most)) {
        case Watch.Changes(var taken, var progress) -> {
          var events = events(taken);
          // Nothing that matches among many changes is not yet nothing to take.
          if (!events.isEmpty() || taken.size() < most) {
            return new Events(events, progress);
          }
        }
        case Watch.Ended(var cause) -> {
          return new Ended(status(cause));
        }
      }
    }
  }

  private Events takeInitial(int most) {
    var events = new ArrayList<WatchEvent>();
    while (!initial.isEmpty() && events.size() < most) {
      events.add(new WatchEvent(EventType.ADDED, initial.removeFirst()));
    }
    return new Events(events, 0);
  }

  private List<WatchEvent> events(List<Change> taken) {
    var events = new ArrayList<WatchEvent>(taken.size());
    for (var change : taken) {
      var event = event(change);
      if (event != null) {
        events.add(event);
      }
    }
    return events;
  }

  private @Nullable WatchEvent event(Change change) {
    var before = change.before();
    var after = change.after();
    var matched = before != null && selection.matches(before);
    if (after != null && selection.matches(after)) {
      return new WatchEvent(matched ? EventType.MODIFIED : EventType.ADDED, after);
    }
    if (before != null && matched) {
      var last = new StoredObject(change.key(), change.revision(), before.document());
      return new WatchEvent(EventType.DELETED, last);
    }
    return null;
  }

  /** Null where watching can go on after the last version taken. */
  private static @Nullable Status status(@Nullable StoreException cause) {
    return switch (cause) {
      case null -> null;
      case StoreException.TooSlow e -> null;
      case StoreException.Compacted e -> Rejections.expiredStatus(TOO_OLD);
      case StoreException.Unavailable e ->
          new Status(503, "ServiceUnavailable", String.valueOf(e.getMessage()), null);
      case StoreException.Conflict e -> internal(e);
      case StoreException.FutureRevision e -> internal(e);
      case StoreException.Broken e -> internal(e);
    };
  }

  private static Status internal(StoreException cause) {
    return new Status(500, "InternalError", String.valueOf(cause.getMessage()), null);
  }

  @Override
  public void onReady(Runnable ready) {
    if (initial.isEmpty()) {
      changes.onReady(ready);
    } else {
      ready.run();
    }
  }

  @Override
  public void close() {
    initial.clear();
    changes.close();
  }
}
