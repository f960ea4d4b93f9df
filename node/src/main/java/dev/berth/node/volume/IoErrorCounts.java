package dev.berth.node.volume;

import dev.berth.node.disk.BlockDevice;
import dev.berth.node.volume.DiskFinding.Trouble;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Compares how often disks have failed requests from look to look. For one thread at a time. */
final class IoErrorCounts {
  /** Some are counted for harmless reasons, such as a question that the disk does not know. */
  static final long MANY = 10;

  private final Map<String, Long> before = new HashMap<>();

  /**
   * @param count since the disk was found
   */
  Optional<DiskFinding> look(BlockDevice device, OptionalLong count) {
    if (count.isEmpty()) {
      return Optional.empty();
    }
    var now = count.getAsLong();
    var identity = device.identity();
    var last = before.put(identity.number() + "/" + identity.sequence(), now);
    return last == null || now - last < MANY
        ? Optional.empty()
        : Optional.of(
            new DiskFinding(
                Trouble.IO_ERRORS,
                "%s has failed %d requests since the last look, about a minute ago"
                    .formatted(device, now - last)));
  }
}
