package dev.berth.core.model;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import tools.jackson.databind.JsonNode;

/**
 * How long ago something was, in the few characters that fit a column: {@code 5m}, {@code 3h20m}.
 */
public final class Age {

  private static final String UNKNOWN = "<unknown>";

  private Age() {}

  /**
   * The time from {@code timestamp} (RFC 3339) to {@code now}; {@code <unknown>} when there is
   * none.
   */
  public static String since(JsonNode timestamp, Instant now) {
    try {
      var text = timestamp.stringValue("");
      return text.isEmpty() ? UNKNOWN : of(Duration.between(Instant.parse(text), now));
    } catch (DateTimeException e) {
      return UNKNOWN;
    }
  }

  /** Two units at most, and only one when the second no longer matters. */
  public static String of(Duration duration) {
    var seconds = duration.toSeconds();
    if (seconds < -1) {
      return "<invalid>";
    }
    if (seconds < 120) {
      return Math.max(0, seconds) + "s";
    }
    var minutes = seconds / 60;
    if (minutes < 10) {
      return minutes + "m" + rest(seconds % 60, "s");
    }
    if (minutes < 180) {
      return minutes + "m";
    }
    var hours = minutes / 60;
    if (hours < 8) {
      return hours + "h" + rest(minutes % 60, "m");
    }
    if (hours < 48) {
      return hours + "h";
    }
    var days = hours / 24;
    if (days < 8) {
      return days + "d" + rest(hours % 24, "h");
    }
    if (days < 2 * 365) {
      return days + "d";
    }
    var years = days / 365;
    return years + "y" + (years < 8 ? rest(days % 365, "d") : "");
  }

  private static String rest(long amount, String unit) {
    return amount == 0 ? "" : amount + unit;
  }
}
