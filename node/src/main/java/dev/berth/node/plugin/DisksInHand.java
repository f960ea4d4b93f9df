package dev.berth.node.plugin;

import dev.berth.node.disk.BlockDevice;
import dev.berth.node.linux.DeviceNumber;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The disks of a host that something is being done to for a volume. Two volumes may name one disk:
 * what is found out about it for one of them has to hold until the other can see that it is taken.
 */
public final class DisksInHand {
  private final Map<DeviceNumber, String> volumes = new ConcurrentHashMap<>();

  /**
   * Takes a disk in hand for a volume.
   *
   * @return why not, when it is in hand for another
   */
  Optional<String> take(BlockDevice device, String volume) {
    return Optional.ofNullable(volumes.putIfAbsent(device.identity().number(), volume))
        .map(
            other ->
                "%s is being prepared or wiped for volume %s just now; this is tried again"
                    .formatted(device, other));
  }

  /** Gives a disk back that was taken. */
  void giveBack(BlockDevice device) {
    volumes.remove(device.identity().number());
  }
}
