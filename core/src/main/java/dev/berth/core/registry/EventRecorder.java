package dev.berth.core.registry;

import dev.berth.core.model.Json;
import dev.berth.core.model.ObjectReference;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.observe.Meters;
import dev.berth.core.storage.StoreException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes events as objects, beside the work that they tell of: those who record only leave a note
 * in a bounded queue. The same event again counts up the first one. What cannot be written is
 * dropped and counted; nothing ever waits for an event.
 */
public final class EventRecorder implements EventSink {

  private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);

  /** Notes that may wait to be written. */
  private static final int MOST_WAITING = 4096;

  /** Events that are remembered, to count up when they occur again. */
  private static final int MOST_REMEMBERED = 4096;

  /** Characters of a message; what is longer is cut. */
  private static final int LONGEST_MESSAGE = 1024;

  private static final String CLUSTER_NAMESPACE = "default";

  private record Source(String component, String host) {}

  private record Note(
      Source source, ObjectReference involved, String type, String reason, String message) {

    String namespace() {
      return involved.namespace().isEmpty() ? CLUSTER_NAMESPACE : involved.namespace();
    }

    /** The same thing about the same object, whatever its version. */
    Note withoutVersion() {
      var about =
          new ObjectReference(
              involved.apiVersion(),
              involved.kind(),
              involved.namespace(),
              involved.name(),
              involved.uid(),
              null,
              involved.fieldPath());
      return new Note(source, about, type, reason, message);
    }
  }

  private record Noted(Note note, Instant at) {}

  private record Written(String name, int count) {}

  private final Resources resources;
  private final InstantSource clock;
  private final Executor executor;
  private final Source source;
  private final Meters.Counter dropped;
  private final ArrayBlockingQueue<Noted> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
  private final AtomicBoolean draining = new AtomicBoolean();

  /** Only touched while {@link #draining}. */
  private final Map<Note, Written> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Note, Written> eldest) {
          return size() > MOST_REMEMBERED;
        }
      };

  private long lastNanos;

  /**
   * @param executor runs the writing; one run at a time, which ends when nothing waits
   * @param component who reports, where {@link #from} says nothing else
   * @param host where it reports from, empty for nowhere in particular
   */
  public EventRecorder(
      Resources resources,
      InstantSource clock,
      Executor executor,
      Meters meters,
      String component,
      String host) {
    this.resources = resources;
    this.clock = clock;
    this.executor = executor;
    source = new Source(component, host);
    dropped =
        meters.counter("berth_events_dropped", "Events that were not written, by why.", "why");
    meters.gauge("berth_events_waiting", "Events that wait to be written.", waiting::size);
  }

  /** A sink for another reporter, over the same queue. */
  public EventSink from(String component, String host) {
    var other = new Source(component, host);
    return (involved, type, reason, message) ->
        note(new Note(other, involved, type, reason, cut(message)));
  }

  @Override
  public void record(ObjectReference involved, String type, String reason, String message) {
    note(new Note(source, involved, type, reason, cut(message)));
  }

  private static String cut(String message) {
    return message.length() <= LONGEST_MESSAGE
        ? message
        : message.substring(0, LONGEST_MESSAGE - 3) + "...";
  }

  private void note(Note note) {
    if (!waiting.offer(new Noted(note, clock.instant()))) {
      dropped.add(1, "queue_full");
      return;
    }
    begin();
  }

  private void begin() {
    if (!draining.compareAndSet(false, true)) {
      return;
    }
    try {
      executor.execute(this::drain);
    } catch (RejectedExecutionException e) {
      draining.set(false);
      dropped.add(1, "stopping");
    }
  }

  private void drain() {
    try {
      for (var noted = waiting.poll(); noted != null; noted = waiting.poll()) {
        write(noted);
      }
    } finally {
      draining.set(false);
    }
    if (!waiting.isEmpty()) {
      begin();
    }
  }

  private void write(Noted noted) {
    var key = noted.note().withoutVersion();
    try {
      var before = remembered.get(key);
      var written = before == null ? null : again(key, before, noted.at());
      remembered.put(key, written != null ? written : first(noted));
    } catch (Rejection rejection) {
      remembered.remove(key);
      dropped.add(1, "rejected");
      LOG.debug("Event {} is not written: {}", noted.note(), rejection.getMessage());
    } catch (StoreException unavailable) {
      dropped.add(1, "unavailable");
      LOG.debug("Event {} is not written: {}", noted.note(), unavailable.getMessage());
    }
  }

  /** Counts up the event; null when it has been deleted meanwhile. */
  private @Nullable Written again(Note note, Written before, Instant at) {
    var count = before.count() + 1;
    var changes = Json.object().put("count", count).put("lastTimestamp", Metadata.timestamp(at));
    try {
      resources.patch(
          ResourceTypes.EVENT,
          note.namespace(),
          before.name(),
          Resources.OBJECT,
          new Patch.MergePatch(changes),
          WriteOptions.DEFAULT);
      return new Written(before.name(), count);
    } catch (Rejection rejection) {
      if (rejection.status().code() == 404) {
        return null;
      }
      throw rejection;
    }
  }

  private Written first(Noted noted) {
    var note = noted.note();
    var name = name(note.involved().name(), noted.at());
    resources.create(
        ResourceTypes.EVENT,
        note.namespace(),
        document(note, name, noted.at()),
        WriteOptions.DEFAULT);
    return new Written(name, 1);
  }

  /** Unique, and telling when: the object's name and the time in hexadecimal nanoseconds. */
  private String name(String object, Instant at) {
    var nanos = at.getEpochSecond() * 1_000_000_000L + at.getNano();
    lastNanos = Math.max(lastNanos + 1, nanos);
    return object + "." + Long.toHexString(lastNanos);
  }

  private static void put(ObjectNode object, String member, @Nullable String text) {
    if (text != null && !text.isEmpty()) {
      object.put(member, text);
    }
  }

  private static ObjectNode document(Note note, String name, Instant at) {
    var event = Json.object();
    event.putObject("metadata").put("name", name).put("namespace", note.namespace());
    var involved = event.putObject("involvedObject");
    var about = note.involved();
    put(involved, "kind", about.kind());
    put(involved, "namespace", about.namespace());
    put(involved, "name", about.name());
    put(involved, "uid", about.uid());
    put(involved, "apiVersion", about.apiVersion());
    put(involved, "resourceVersion", about.resourceVersion());
    put(involved, "fieldPath", about.fieldPath());
    event.put("reason", note.reason()).put("message", note.message());
    var source = event.putObject("source").put("component", note.source().component());
    put(source, "host", note.source().host());
    var time = Metadata.timestamp(at);
    return event
        .put("firstTimestamp", time)
        .put("lastTimestamp", time)
        .put("count", 1)
        .put("type", note.type())
        .put("reportingComponent", note.source().component())
        .put("reportingInstance", note.source().host());
  }
}
