package dev.berth.node.disk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the kernel holds against a disk and the file system on it, from sysfs alone: the device is
 * not touched, so that an ill one cannot keep anybody waiting.
 */
public final class DiskVitals {
  private static final String HEXADECIMAL = "0x";

  private final Path root;
  private final Sysfs sysfs;

  /**
   * @param root of sysfs, /sys
   */
  public DiskVitals(Path root) {
    this.root = root;
    this.sysfs = new Sysfs(root);
  }

  /**
   * What has been counted so far.
   *
   * @param fileSystemErrors errors that the file system has found in itself since it was last
   *     checked
   * @param lastError where and when the last of them was, as far as that is told
   * @param ioErrors requests that the disk's driver ended with an error since the disk was found;
   *     absent where the driver does not count
   */
  public record Signs(long fileSystemErrors, String lastError, OptionalLong ioErrors) {}

  /**
   * @param fsUuid of the file system on it, empty when that is not known
   */
  public Signs read(BlockDevice device, String fsUuid) throws IOException {
    var ext4 = root.resolve("fs/ext4").resolve(device.kernelName());
    var errors = Sysfs.number(ext4, "errors_count").orElse(0);
    var last = errors == 0 ? "" : lastError(ext4);
    if (errors == 0 && !fsUuid.isEmpty()) {
      var btrfs = root.resolve("fs/btrfs").resolve(fsUuid).resolve("devinfo");
      errors = Files.isDirectory(btrfs) ? btrfsErrors(btrfs) : 0;
      last = "";
    }
    return new Signs(errors, last, ioErrors(device));
  }

  private static String lastError(Path ext4) {
    var where = Sysfs.text(ext4, "last_error_func").orElse("");
    var seconds = Sysfs.number(ext4, "last_error_time").orElse(0);
    return seconds == 0
        ? where
        : "%s at %s".formatted(where, Instant.ofEpochSecond(seconds)).strip();
  }

  /** One line for each kind of error: {@code write_errs 0}. */
  private static long btrfsErrors(Path devices) throws IOException {
    var errors = 0L;
    for (var device : Sysfs.children(devices)) {
      for (var line : Sysfs.text(device, "error_stats").orElse("").split("\n", -1)) {
        var fields = line.split(" ", -1);
        errors += fields.length == 2 ? Long.parseLong(fields[1]) : 0;
      }
    }
    return errors;
  }

  private OptionalLong ioErrors(BlockDevice device) throws IOException {
    var disk = sysfs.diskOf(sysfs.device(device.identity().number()));
    Optional<String> count = Sysfs.text(disk, "device/ioerr_cnt");
    return count.isPresent()
        ? OptionalLong.of(Long.decode(hexadecimal(count.get())))
        : OptionalLong.empty();
  }

  private static String hexadecimal(String text) {
    return text.startsWith(HEXADECIMAL) ? text : HEXADECIMAL + text;
  }
}
