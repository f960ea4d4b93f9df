package dev.berth.core.model;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How long the data of a deleted claim is kept before it is destroyed, as people write it: {@code
 * 45m}, {@code 24h}, {@code 7d}, {@code 1d12h}, {@code 0}.
 */
public final class KeepTime {
  /**
   * Annotation on a claim or its StorageClass, the claim's wins. On a volume it is the binder's
   * memory of what they said; an administrator changes it there once the claim has gone.
   */
  public static final String ANNOTATION = "berth.dev/keep-deleted-for";

  /** What is wrong with a text that {@link #parse} does not take. */
  public static final String EXPECTED =
      "must be a duration of at most ten years in days, hours, minutes and seconds, such as 30m,"
          + " 24h, 7d or 1d12h; 0 keeps nothing";

  private static final Pattern WRITTEN =
      Pattern.compile("(?:(\\d{1,4})d)?(?:(\\d{1,5})h)?(?:(\\d{1,7})m)?(?:(\\d{1,9})s)?");
  private static final Duration MOST = Duration.ofDays(3653);

  private KeepTime() {}

  /** Empty when it is no such duration. */
  public static Optional<Duration> parse(String text) {
    if (text.equals("0")) {
      return Optional.of(Duration.ZERO);
    }
    var written = WRITTEN.matcher(text);
    if (text.isEmpty() || !written.matches()) {
      return Optional.empty();
    }
    var time =
        Duration.ofDays(number(written.group(1)))
            .plusHours(number(written.group(2)))
            .plusMinutes(number(written.group(3)))
            .plusSeconds(number(written.group(4)));
    return time.compareTo(MOST) > 0 ? Optional.empty() : Optional.of(time);
  }

  private static long number(@Nullable String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }
}
