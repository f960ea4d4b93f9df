package dev.berth.node.plugin;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.node.disk.DiskWipe;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Tells how far a wipe has come: the metric at once, the volume's annotation every few seconds. At
 * the same time it is asked whether the wipe is still wanted.
 */
final class WipeReport implements DiskWipe.Progress {
  /** At most so often is the volume read and written. */
  static final Duration PERIOD = Duration.ofSeconds(5);

  private final String volume;
  private final Supplier<Optional<VolumeObjects.Seen>> asked;
  private final VolumeObjects objects;
  private final WipeGauge gauge;
  private final InstantSource clock;
  private Instant last;

  /**
   * @param asked the volume as it is now, as long as this wipe is asked for
   */
  WipeReport(
      String volume,
      Supplier<Optional<VolumeObjects.Seen>> asked,
      VolumeObjects objects,
      WipeGauge gauge,
      InstantSource clock) {
    this.volume = volume;
    this.asked = asked;
    this.objects = objects;
    this.gauge = gauge;
    this.clock = clock;
    this.last = clock.instant();
  }

  @Override
  public boolean wiped(long wipedBytes, long totalBytes) {
    gauge.wiping(volume, wipedBytes, totalBytes);
    var now = clock.instant();
    if (now.isBefore(last.plus(PERIOD))) {
      return true;
    }
    last = now;
    var seen = asked.get();
    seen.ifPresent(found -> objects.reportWipeProgress(found, text(found, wipedBytes, totalBytes)));
    return seen.isPresent();
  }

  private static String text(VolumeObjects.Seen seen, long wipedBytes, long totalBytes) {
    return "%d%% (%s: %d of %d bytes)"
        .formatted(
            totalBytes == 0 ? 100 : (long) (wipedBytes * 100.0 / totalBytes),
            WipeProtocol.method(seen.volume()).word(),
            wipedBytes,
            totalBytes);
  }
}
