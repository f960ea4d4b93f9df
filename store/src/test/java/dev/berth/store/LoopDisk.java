package dev.berth.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A file system in a file, mounted as long as this is open. Needs root. */
final class LoopDisk implements AutoCloseable {
  private final Path image;
  private final Path mountPoint;

  private LoopDisk(Path image, Path mountPoint) {
    this.image = image;
    this.mountPoint = mountPoint;
  }

  /**
   * @param makeFileSystem a mkfs command, to which the file is added
   */
  static LoopDisk make(Path image, long bytes, String... makeFileSystem)
      throws IOException, InterruptedException {
    try (var file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(bytes);
    }
    var command = new ArrayList<>(List.of(makeFileSystem));
    command.add(image.toString());
    run(command);
    return mount(image);
  }

  /** Mounts what is in a file already. The loop device goes with the mount. */
  static LoopDisk mount(Path image) throws IOException, InterruptedException {
    var mountPoint = Files.createDirectories(image.resolveSibling(image.getFileName() + ".mnt"));
    run(List.of("mount", "-o", "loop", image.toString(), mountPoint.toString()));
    return new LoopDisk(image, mountPoint);
  }

  Path root() {
    return mountPoint;
  }

  Path image() {
    return image;
  }

  static void run(List<String> command) throws IOException, InterruptedException {
    output(command);
  }

  private static String output(List<String> command) throws IOException, InterruptedException {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw new AssertionError(
          "this test needs the program " + command.getFirst() + ": bin/test installs it", e);
    }
    var output = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new AssertionError(
          String.join(" ", command) + " failed (this test must be run by root): " + output);
    }
    return output;
  }

  /** Somebody who looks at all devices may keep ours for a moment, and with it the file. */
  private void awaitDetached() {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> output(List.of("losetup", "-j", image.toString())).isEmpty());
  }

  @Override
  public void close() throws IOException {
    try {
      run(List.of("umount", mountPoint.toString()));
      awaitDetached();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(mountPoint + " is left mounted", e);
    }
    Files.delete(mountPoint);
    Files.delete(image);
  }
}
