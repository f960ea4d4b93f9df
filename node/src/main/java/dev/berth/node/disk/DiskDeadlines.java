package dev.berth.node.disk;

import dev.berth.node.linux.Deadline;
import java.time.Duration;

/**
 * How long work on a device may take: quick looks by clock; what grows with the device's size by
 * progress, under a generous clock.
 *
 * @param probe reading signatures and samples
 * @param mount mounting and unmounting, a file system's log replay included
 * @param stall no sign of life from program and device while making, checking, growing, wiping
 * @param work the longest for any of these
 */
public record DiskDeadlines(Duration probe, Duration mount, Duration stall, Duration work) {
  public static final DiskDeadlines DEFAULT =
      new DiskDeadlines(
          Duration.ofSeconds(30), Duration.ofMinutes(2), Duration.ofMinutes(2), Duration.ofDays(1));

  Deadline forProbe() {
    return Deadline.byClock(probe);
  }

  Deadline forMount() {
    return Deadline.byClock(mount);
  }

  Deadline forWork(BlockDevice device) {
    return Deadline.byProgress(work, stall, DeviceCounters.of(device));
  }
}
