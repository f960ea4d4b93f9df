package dev.berth.node.disk;

import java.util.List;
import java.util.Optional;

/**
 * Who uses a device now, as far as the kernel's tables tell; whether somebody has it open
 * exclusively is asked by opening it, which {@link BlankProof} and {@link DiskWipe} do in a child.
 *
 * @param mounts of it, of its partitions, and of the disk that it is a partition of when that is
 *     mounted as a whole
 * @param swap kernel names, of it and its partitions, on which the kernel swaps
 * @param holders kernel names of devices built on it (device-mapper, md, bcache) or on a partition
 * @param partitions see {@link BlockDevice#partitions()}
 */
public record DeviceUse(
    List<MountEntry> mounts, List<String> swap, List<String> holders, List<String> partitions) {

  public DeviceUse {
    mounts = List.copyOf(mounts);
    swap = List.copyOf(swap);
    holders = List.copyOf(holders);
    partitions = List.copyOf(partitions);
  }

  /** Why nobody else may write to the device, for a person; empty when nobody uses it. */
  public Optional<String> inUse() {
    if (!mounts.isEmpty()) {
      var first = mounts.getFirst();
      return Optional.of("it is mounted at " + first.target() + " (" + first.type() + ")");
    }
    if (!swap.isEmpty()) {
      return Optional.of("the kernel swaps on " + String.join(", ", swap));
    }
    if (!holders.isEmpty()) {
      return Optional.of("it is part of " + String.join(", ", holders));
    }
    return Optional.empty();
  }
}
