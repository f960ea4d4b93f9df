package dev.berth.node.disk;

import dev.berth.node.linux.DeviceNumber;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** The attributes of block devices in sysfs (the kernel's Documentation/ABI, sysfs-block). */
final class Sysfs {
  private static final int SECTOR_BYTES = 512;
  private static final int VPD_HEADER_BYTES = 4;

  /** The kernel gives an attribute whole in one read, and none is longer. */
  private static final int MOST_BYTES = 4096;

  private final Path root;
  private final SharedLook<Map<Path, List<String>>> loops = new SharedLook<>(this::loopsByFile);

  Sysfs(Path root) {
    this.root = root;
  }

  /** The kernel's names of all disks and their partitions, in order. */
  List<String> names() throws IOException {
    var names = new ArrayList<String>();
    for (var disk : children(root.resolve("block"))) {
      names.add(disk.getFileName().toString());
      names.addAll(partitions(disk));
    }
    Collections.sort(names);
    return names;
  }

  /** The directory of a device. */
  Path device(DeviceNumber number) throws IOException {
    return root.resolve("dev/block/" + number).toRealPath();
  }

  /** The directory of the whole disk: of the device itself when it is no partition. */
  Path diskOf(Path device) {
    return Files.exists(device.resolve("partition")) ? device.resolve("..").normalize() : device;
  }

  /** Names of the partitions of a disk, in order of their names. */
  static List<String> partitions(Path disk) throws IOException {
    var names = new ArrayList<String>();
    // The kernel names a partition after its disk.
    var prefix = disk.getFileName().toString();
    for (var child : children(disk)) {
      var name = child.getFileName().toString();
      if (name.startsWith(prefix) && Files.exists(child.resolve("partition"))) {
        names.add(name);
      }
    }
    Collections.sort(names);
    return names;
  }

  /**
   * What is built on a device or on its partitions; loop devices on it included.
   *
   * @param partitions the device's, by name
   */
  List<String> holders(Path device, Path node, List<String> partitions) throws IOException {
    var names = new ArrayList<String>();
    addHolders(device, names);
    for (var partition : partitions) {
      addHolders(device.resolve(partition), names);
    }
    // A loop device does not register as a holder of the device that it is bound to.
    names.addAll(loops.look().getOrDefault(node, List.of()));
    return names;
  }

  /** The names of loop devices by what they are bound to. */
  private Map<Path, List<String>> loopsByFile() throws IOException {
    var names = new HashMap<Path, List<String>>();
    for (var disk : children(root.resolve("block"))) {
      text(disk, "loop/backing_file")
          .ifPresent(
              file ->
                  names
                      .computeIfAbsent(Path.of(file), bound -> new ArrayList<>())
                      .add(disk.getFileName().toString()));
    }
    return names;
  }

  private static void addHolders(Path device, List<String> names) throws IOException {
    for (var holder : children(device.resolve("holders"))) {
      names.add(holder.getFileName().toString());
    }
  }

  /** A name that is unique in the world, as the transport gives it. */
  static Optional<String> worldWideName(Path disk) {
    // NVMe namespace; SCSI and SATA; device mapper; md.
    return first(disk, "wwid", "device/wwid", "dm/uuid", "md/uuid");
  }

  /** The maker's serial number; of an NVMe controller, together with the namespace's number. */
  static Optional<String> serial(Path disk) {
    var namespace = text(disk, "nsid").map(id -> "/" + id).orElse("");
    return first(disk, "serial", "device/serial")
        .or(() -> vitalProductData(disk))
        .map(serial -> serial + namespace);
  }

  /** SCSI's page 0x80: a header of four bytes, then the serial number. */
  private static Optional<String> vitalProductData(Path disk) {
    var file = disk.resolve("device/vpd_pg80");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      var page = Files.readAllBytes(file);
      var length = Math.max(0, page.length - VPD_HEADER_BYTES);
      var serial =
          new String(page, page.length - length, length, StandardCharsets.US_ASCII)
              .replace("\0", "")
              .strip();
      return serial.isEmpty() ? Optional.empty() : Optional.of(serial);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> first(Path directory, String... attributes) {
    for (var attribute : attributes) {
      var text = text(directory, attribute);
      if (text.isPresent()) {
        return text;
      }
    }
    return Optional.empty();
  }

  /** An attribute without surrounding blanks; empty when it is missing, blank or not readable. */
  static Optional<String> text(Path directory, String attribute) {
    // By java.io, which takes a third of the steps of java.nio for a file of a few bytes.
    var file = new File(directory.toString(), attribute);
    if (!file.exists()) {
      // Asked first because most are not there, and an exception costs more than all the rest.
      return Optional.empty();
    }
    try (var open = new FileInputStream(file)) {
      var bytes = new byte[MOST_BYTES];
      var length = Math.max(0, open.read(bytes));
      var text = new String(bytes, 0, length, StandardCharsets.ISO_8859_1).strip();
      return text.isEmpty() ? Optional.empty() : Optional.of(text);
    } catch (IOException e) {
      // Many attributes exist for some kinds of devices only, and some answer with an error.
      return Optional.empty();
    }
  }

  static OptionalLong number(Path directory, String attribute) {
    var text = text(directory, attribute);
    return text.isPresent() ? OptionalLong.of(Long.parseLong(text.get())) : OptionalLong.empty();
  }

  /** An attribute in sectors of 512 bytes, in bytes; 0 when it is missing. */
  static long sectors(Path directory, String attribute) {
    return number(directory, attribute).orElse(0) * SECTOR_BYTES;
  }

  /** Everything in a directory; nothing when there is none. */
  static List<Path> children(Path directory) throws IOException {
    try (var stream = Files.newDirectoryStream(directory)) {
      var children = new ArrayList<Path>();
      stream.forEach(children::add);
      return children;
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }
}
