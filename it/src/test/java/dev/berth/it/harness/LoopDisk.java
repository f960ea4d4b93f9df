package dev.berth.it.harness;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * A sparse file as a block device.
 *
 * @param sequence the kernel's number of this binding of the device, which no later one has
 */
public record LoopDisk(Path image, String device, String sequence) implements AutoCloseable {

  public static LoopDisk make(Path image, long bytes) {
    try (var file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var device = Command.run("losetup", "-f", "--show", image.toString()).ok().strip();
    return new LoopDisk(
        image, device, Command.run("cat", attribute(device, "diskseq")).ok().strip());
  }

  private static String attribute(String device, String name) {
    return "/sys/block/" + Path.of(device).getFileName() + "/" + name;
  }

  @Override
  public void close() {
    detachIf(device, "diskseq", sequence);
  }

  /** Detaches a loop device if its file is, or was, below the directory. */
  static void detach(String device, Path directory) {
    detachIf(device, "loop/backing_file", "*" + directory + "/*");
  }

  /**
   * Numbers are given to others as soon as they are free: as long as the device is held open it
   * stays bound to what it is.
   */
  private static void detachIf(String device, String attribute, String pattern) {
    Command.run(
        "sh",
        "-c",
        """
        exec 3<"$1" || exit 0
        case "$(cat "$2")" in
          $3) losetup --detach "$1" ;;
        esac""",
        "sh",
        device,
        attribute(device, attribute),
        pattern);
  }
}
