package dev.berth.node.plugin;

import dev.berth.node.disk.BlockDevice;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The disks of a host that something is being done to for a volume. Two volumes may name one disk:
 * what is found out about it for one of them has to hold until the other can see that it is taken.
 */
public final class DisksInHand {
  private final Map<BlockDevice, String> volumes = new HashMap<>();

  /**
   * Takes a device in hand for a volume.
   *
   * @return why not, when it, the disk around it or a part of it is in hand for another
   */
  synchronized Optional<String> take(BlockDevice device, String volume) {
    for (var held : volumes.entrySet()) {
      if (overlap(held.getKey(), device)) {
        return Optional.of(
            "%s is being prepared or wiped for volume %s just now; this is tried again"
                .formatted(held.getKey(), held.getValue()));
      }
    }
    volumes.put(device, volume);
    return Optional.empty();
  }

  /** Gives a device back that was taken. */
  synchronized void giveBack(BlockDevice device) {
    volumes.remove(device);
  }

  private static boolean overlap(BlockDevice one, BlockDevice other) {
    return one.kernelName().equals(other.kernelName())
        || one.disk().filter(other.kernelName()::equals).isPresent()
        || other.disk().filter(one.kernelName()::equals).isPresent();
  }
}
