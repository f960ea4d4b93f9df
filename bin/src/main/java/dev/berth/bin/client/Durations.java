package dev.berth.bin.client;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.regex.Pattern;

/** Spans of time as people write and read them: {@code 90s}, {@code 1h30m}, {@code 3d4h}. */
final class Durations {
  private static final Pattern WRITTEN =
      Pattern.compile("(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?(?:(\\d+)ms)?");

  private Durations() {}

  static Duration parse(String text) {
    if (text.matches("\\d+")) {
      return Duration.ofSeconds(Long.parseLong(text));
    }
    var matcher = WRITTEN.matcher(text);
    if (text.isEmpty() || !matcher.matches()) {
      throw ClientException.usage(
          "expected a duration such as 30s, 5m or 1h30m, found \"" + text + "\"");
    }
    return Duration.ofHours(number(matcher.group(1)))
        .plusMinutes(number(matcher.group(2)))
        .plusSeconds(number(matcher.group(3)))
        .plusMillis(number(matcher.group(4)));
  }

  /** How long ago a moment was, in its two largest units. */
  static String since(String timestamp, Instant now) {
    try {
      var seconds = Math.max(0, Duration.between(Instant.parse(timestamp), now).toSeconds());
      if (seconds < 120) {
        return seconds + "s";
      }
      if (seconds < 2 * 3600) {
        return joined(seconds / 60, "m", seconds < 600 ? seconds % 60 : 0, "s");
      }
      if (seconds < 2 * 86400) {
        return joined(seconds / 3600, "h", seconds < 8 * 3600 ? seconds / 60 % 60 : 0, "m");
      }
      return joined(seconds / 86400, "d", seconds < 8 * 86400 ? seconds / 3600 % 24 : 0, "h");
    } catch (DateTimeParseException e) {
      return "<unknown>";
    }
  }

  private static String joined(long large, String unit, long small, String smallUnit) {
    return large + unit + (small == 0 ? "" : small + smallUnit);
  }

  private static long number(@org.jspecify.annotations.Nullable String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }
}
