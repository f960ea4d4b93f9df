package dev.berth.node.disk;

import java.io.IOException;
import java.util.Optional;

/**
 * An administrator's word that what is on a disk may be destroyed by a format that was refused. It
 * names the disk by something that only that disk has, so that it cannot hit another one that took
 * its place; it is spent by the format.
 *
 * @param volume the name of the PersistentVolume, for the line that gives the word
 * @param word what he wrote on the volume, if anything
 * @param diskOf the name of the other volume, if there is one, whose disk this node remembers the
 *     device to be
 */
public record FormatAnyway(String volume, Optional<String> word, Disks diskOf) {

  /** Which disk is whose. */
  @FunctionalInterface
  public interface Disks {
    Optional<String> volumeOn(DeviceIdentity device) throws IOException;
  }

  /** Annotation of a PersistentVolume: the word. */
  public static final String ANNOTATION = "berth.dev/format-anyway";

  /** Whether the word is given, for this device. */
  boolean allows(DeviceIdentity device) {
    return word.isPresent() && names(word.get(), device);
  }

  private static boolean names(String text, DeviceIdentity device) {
    if (device.serial().isEmpty() && device.wwn().isEmpty()) {
      return text.equals(nameOf(device));
    }
    var suffix = suffix(device);
    return device.serial().filter(serial -> text.equals(serial + suffix)).isPresent()
        || device.wwn().filter(wwn -> text.equals(wwn + suffix)).isPresent();
  }

  /** What the word has to be for a device. */
  static String nameOf(DeviceIdentity device) {
    return device
        .serial()
        .or(device::wwn)
        .orElseGet(() -> device.sizeBytes() + "_" + distinction(device))
        .concat(suffix(device));
  }

  /**
   * What tells a device without serial number and WWN from another one of the same size: the inode
   * of the file behind a loop device, else the kernel's count of disks, which holds for this boot.
   */
  private static String distinction(DeviceIdentity device) {
    return device
        .loop()
        .map(loop -> Long.toString(loop.inode()))
        .orElseGet(
            () ->
                device.bootId().split("-", 2)[0]
                    + "_"
                    + (device.sequence().isPresent()
                        ? Long.toString(device.sequence().getAsLong())
                        : device.number().toString().replace(':', '_')));
  }

  /** A partition has the serial number of its disk: it is told apart as in /dev/disk/by-id. */
  private static String suffix(DeviceIdentity device) {
    return device.partition().map(partition -> "-part" + partition.number()).orElse("");
  }

  /** For a person whose disk was refused: how to have it formatted nevertheless. */
  String advice(BlockDevice device) {
    var name = nameOf(device.identity());
    var line =
        "kubectl annotate %spv %s %s"
            .formatted(
                word.isPresent() ? "--overwrite " : "", volume, quoted(ANNOTATION + "=" + name));
    return (word.isPresent()
            ? "The annotation %s=%s does not name this disk. ".formatted(ANNOTATION, word.get())
            : "")
        + "To have this disk formatted once, which destroys what is on it: "
        + line;
  }

  private static String quoted(String word) {
    return word.matches("[A-Za-z0-9._:=/+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
