package dev.berth.core.node;

import java.time.Instant;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Which part of a container's output is wanted, and in which form.
 *
 * @param previous the run before the present one instead of the present one
 * @param follow go on as the container writes
 * @param tailLines only the last so many lines of what is there now
 * @param since only lines written at or after this moment, or all
 * @param timestamps begin each line with its time of writing in RFC 3339 with nanoseconds
 * @param limitBytes stop after so many bytes of output
 */
public record LogQuery(
    boolean previous,
    boolean follow,
    OptionalLong tailLines,
    @Nullable Instant since,
    boolean timestamps,
    OptionalLong limitBytes) {

  /** Everything that was written until now, as it was written. */
  public static final LogQuery ALL =
      new LogQuery(false, false, OptionalLong.empty(), null, false, OptionalLong.empty());

  public LogQuery {
    if (tailLines.orElse(0) < 0) {
      throw new IllegalArgumentException("tailLines must not be negative: " + tailLines);
    }
    if (limitBytes.orElse(1) < 1) {
      throw new IllegalArgumentException("limitBytes must be positive: " + limitBytes);
    }
  }
}
