package dev.berth.node.disk;

import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * What a device has completed so far: the sign of life of programs that work through the kernel.
 */
final class DeviceCounters {
  private static final int IN_FLIGHT = 8;
  private static final int MILLIS_BUSY = 9;
  private static final int MILLIS_WEIGHTED = 10;

  private DeviceCounters() {}

  /** A number that changes whenever the device completes a request. */
  static LongSupplier of(BlockDevice device) {
    var directory = Path.of("/sys/dev/block", device.identity().number().toString());
    return () -> sum(Sysfs.text(directory, "stat").orElse(""));
  }

  /** Documentation/block/stat.rst; the times grow also while a request hangs. */
  private static long sum(String stat) {
    var sum = 0L;
    var field = 0;
    for (var word : stat.split("\\s+")) {
      var completion = field != IN_FLIGHT && field != MILLIS_BUSY && field != MILLIS_WEIGHTED;
      if (completion && !word.isEmpty()) {
        sum += Long.parseLong(word);
      }
      field++;
    }
    return sum;
  }
}
