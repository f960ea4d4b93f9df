package dev.berth.core.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Something that happened to an object, for people to read. */
public record Event(
    ObjectMeta metadata,
    ObjectReference involvedObject,
    String reason,
    String message,
    String type,
    int count,
    @Nullable Instant firstTimestamp,
    @Nullable Instant lastTimestamp,
    @Nullable Source source)
    implements ApiObject {

  /** Who reports it. */
  public record Source(String component, @Nullable String host) {}

  public static final String NORMAL = "Normal";
  public static final String WARNING = "Warning";

  public Event {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    involvedObject =
        involvedObject == null
            ? new ObjectReference("", "", "", "", "", null, null)
            : involvedObject;
    reason = Absent.text(reason);
    message = Absent.text(message);
    type = Absent.text(type);
  }
}
