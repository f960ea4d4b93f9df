package dev.berth.it.harness;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** A sparse file as a block device. */
public record LoopDisk(Path image, String device) implements AutoCloseable {

  public static LoopDisk make(Path image, long bytes) {
    try (var file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var device = Command.run("losetup", "-f", "--show", image.toString()).ok().strip();
    return new LoopDisk(image, device);
  }

  @Override
  public void close() {
    Command.run("losetup", "-d", device);
  }
}
