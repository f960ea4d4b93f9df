package dev.berth.node.plugin;

import dev.berth.node.disk.DeviceIdentity;
import java.util.Optional;

/** Compares a disk with the one that a volume was on before. */
final class DiskIdentities {

  private DiskIdentities() {}

  /**
   * Why the two cannot be one disk; empty when they are, or may be. A disk without serial number,
   * WWN and backing file cannot contradict after a reboot: then the UUID alone decides.
   */
  static Optional<String> contradiction(DeviceIdentity known, DeviceIdentity found) {
    if (known.sameDevice(found)) {
      return Optional.empty();
    }
    if (known.loop().isPresent() && found.loop().isPresent()) {
      var before = known.loop().get();
      var now = found.loop().get();
      var sameBoot = known.bootId().equals(found.bootId());
      var sameFile =
          before.inode() == now.inode()
              && before.birth().equals(now.birth())
              && before.offsetBytes() == now.offsetBytes()
              // File systems are numbered anew at every boot.
              && (!sameBoot || before.device().equals(now.device()));
      return sameFile
          ? Optional.empty()
          : Optional.of(
              "the loop device is bound to %s (inode %d), it was bound to %s (inode %d)"
                  .formatted(now.path(), now.inode(), before.path(), before.inode()));
    }
    if (known.wwn().isPresent() && found.wwn().isPresent()) {
      return known.wwn().equals(found.wwn())
          ? partition(known, found)
          : Optional.of(
              "the disk's WWN is %s, it was %s".formatted(found.wwn().get(), known.wwn().get()));
    }
    if (known.serial().isPresent() && found.serial().isPresent()) {
      return known.serial().equals(found.serial())
          ? partition(known, found)
          : Optional.of(
              "the disk's serial number is %s, it was %s"
                  .formatted(found.serial().get(), known.serial().get()));
    }
    var sameBoot = known.bootId().equals(found.bootId());
    if (sameBoot
        && known.sequence().isPresent()
        && found.sequence().isPresent()
        && !known.sequence().equals(found.sequence())) {
      return Optional.of(
          "the disk was plugged in again (disk number %d of this boot, it was %d)"
              .formatted(found.sequence().getAsLong(), known.sequence().getAsLong()));
    }
    return Optional.empty();
  }

  private static Optional<String> partition(DeviceIdentity known, DeviceIdentity found) {
    return known.partition().equals(found.partition())
        ? Optional.empty()
        : Optional.of("the partition is %s, it was %s".formatted(text(found), text(known)));
  }

  private static String text(DeviceIdentity identity) {
    return identity
        .partition()
        .map(part -> "number " + part.number() + " at byte " + part.startBytes())
        .orElse("the whole disk");
  }
}
