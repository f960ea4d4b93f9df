package dev.berth.node.runtime;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import org.jspecify.annotations.Nullable;

/**
 * A line of a log in the CRI format: {@code TIME STREAM TAGS CONTENT}. The tag P says that the line
 * goes on in the next one, F that it is complete.
 *
 * @param time as it was written
 * @param from where in {@code bytes} the content begins
 * @param length of the content
 */
record LogLine(String time, boolean partial, byte[] bytes, int from, int length) {
  private static final DateTimeFormatter NANOSECONDS =
      new DateTimeFormatterBuilder()
          .appendPattern("yyyy-MM-dd'T'HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 9, 9, true)
          .appendLiteral('Z')
          .toFormatter()
          .withZone(ZoneOffset.UTC);

  /** Reads a line without its newline; null for one that has another form. */
  static @Nullable LogLine parse(byte[] bytes, int from, int length) {
    var end = from + length;
    var afterTime = blank(bytes, from, end);
    var afterStream = blank(bytes, afterTime + 1, end);
    var afterTags = blank(bytes, afterStream + 1, end);
    if (afterTime == end || afterStream == end || afterStream + 1 >= end) {
      return null;
    }
    var content = Math.min(afterTags + 1, end);
    return new LogLine(
        new String(bytes, from, afterTime - from, StandardCharsets.US_ASCII),
        bytes[afterStream + 1] == 'P',
        bytes,
        content,
        end - content);
  }

  /** When it was written; null when that cannot be read. */
  @Nullable Instant instant() {
    try {
      return OffsetDateTime.parse(time).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** When it was written, in UTC with nanoseconds. */
  String timestamp() {
    var instant = instant();
    return instant == null ? time : NANOSECONDS.format(instant);
  }

  private static int blank(byte[] bytes, int from, int end) {
    var at = from;
    while (at < end && bytes[at] != ' ') {
      at++;
    }
    return Math.min(at, end);
  }
}
