package dev.berth.it.crash;

import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A disk of which a moment can be kept: an ext4 image on a file system that shares blocks between
 * copies. A copy taken while the server writes is what the disk would hold after a power cut then:
 * what was synced, and whatever else had come so far.
 */
final class CuttableDisk implements AutoCloseable {
  private final Path place;
  private final Path data;
  private final LoopDisk outer;
  private final LoopDisk inner;
  private int cuts;

  CuttableDisk(Path directory, Path data) throws IOException {
    this.data = data;
    place = Files.createDirectory(directory.resolve("power"));
    outer = LoopDisk.make(directory.resolve("power.xfs"), 1L << 30);
    Command.run("mkfs.xfs", "-q", "-m", "reflink=1", outer.device()).ok();
    Command.run("mount", outer.device(), place.toString()).ok();
    inner = LoopDisk.make(place.resolve("disk"), 512L << 20);
    Command.run("mkfs.ext4", "-q", "-F", inner.device()).ok();
    Files.createDirectories(data);
    Command.run("mount", inner.device(), data.toString()).ok();
  }

  /** The disk after a power cut at this moment, mounted. */
  Cut cut() throws IOException {
    var image = place.resolve("cut-" + ++cuts);
    Command.run("cp", "--reflink=always", inner.image().toString(), image.toString()).ok();
    var mount = Files.createDirectories(place.resolveSibling("cut-" + cuts));
    Command.run("mount", "-o", "loop", image.toString(), mount.toString()).ok();
    return new Cut(image, mount);
  }

  record Cut(Path image, Path directory) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      Command.run("umount", directory.toString()).ok();
      Files.delete(directory);
      Files.delete(image);
    }
  }

  @Override
  public void close() {
    Command.run("umount", "-R", data.toString());
    inner.close();
    Command.run("umount", place.toString());
    outer.close();
  }
}
