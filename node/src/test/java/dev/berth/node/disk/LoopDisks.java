package dev.berth.node.disk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Real disks for tests: sparse image files bound to loop devices, in a directory of their own. As a
 * {@code @RegisterExtension} field it makes the directory before each test (before all when the
 * field is static) and afterwards takes away every mount, swap, loop device and file that was made
 * in it or of it, whatever the test did and however it ended; also when the JVM is stopped. Works
 * with losetup and mount themselves, not with the code under test.
 */
public final class LoopDisks
    implements BeforeAllCallback,
        BeforeEachCallback,
        AfterEachCallback,
        AfterAllCallback,
        AutoCloseable {

  /** A loop device and the file behind it. */
  public record LoopDisk(Path image, Path device) {
    public String kernelName() {
      return device.getFileName().toString();
    }
  }

  /** Another process that has a device open exclusively, until this is closed. */
  public record Holder(Process process) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      process.getOutputStream().close();
      process.onExit().join();
    }
  }

  /** What a command said. */
  public record Said(int code, String out) {}

  /**
   * A loop device that is bound.
   *
   * @param fileSystem the number of the device that the file system of its backing file is on
   */
  private record Listed(String device, String number, String fileSystem, String file) {}

  private static final int CLEANING_ROUNDS = 3;

  private @Nullable Path directory;
  private boolean forAll;
  private int images;
  private @Nullable Thread hook;

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    forAll = true;
    open();
  }

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    if (!forAll) {
      open();
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (!forAll) {
      close();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
  }

  /** Makes the directory; for use without JUnit, together with {@link #close()}. */
  public LoopDisks open() throws IOException {
    if (!"root".equals(System.getProperty("user.name"))) {
      throw new IllegalStateException("tests with loop devices and mounts must run as root");
    }
    directory = Files.createTempDirectory("berth-disks-").toRealPath();
    hook = Thread.ofPlatform().unstarted(this::clean);
    Runtime.getRuntime().addShutdownHook(hook);
    return this;
  }

  /** The directory, on the file system of java.io.tmpdir. */
  public Path directory() {
    if (directory == null) {
      throw new IllegalStateException("not open");
    }
    return directory;
  }

  /** A new directory in it. */
  public Path directory(String name) {
    try {
      return Files.createDirectories(directory().resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A new sparse file that reads zero. */
  public Path image(long sizeBytes) {
    var image = directory().resolve("disk-" + images++ + ".img");
    try (var file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(sizeBytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return image;
  }

  /** A blank disk. */
  public LoopDisk disk(long sizeBytes) {
    return attach(image(sizeBytes));
  }

  /** A loop device for a file; losetup's own options may be added. */
  public LoopDisk attach(Path image, String... options) {
    var argv = new ArrayList<>(List.of("losetup", "--find", "--show"));
    argv.addAll(List.of(options));
    argv.add(image.toString());
    return new LoopDisk(image, Path.of(run(argv.toArray(String[]::new)).strip()));
  }

  /** A mounted file system on a disk, as {@code mount -t type} makes it. */
  public Path mount(LoopDisk disk, String type, String name) {
    var target = directory(name);
    run("mount", "-t", type, disk.device().toString(), target.toString());
    return target;
  }

  /** Opens a disk exclusively in another process. */
  public static Holder hold(LoopDisk disk) throws IOException {
    var process =
        new ProcessBuilder(
                "perl",
                "-e",
                "sysopen(F, $ARGV[0], 0200) or die; $| = 1; print qq(held\n); <STDIN>",
                disk.device().toString())
            .start();
    if (!"held".equals(process.inputReader().readLine())) {
      throw new AssertionError("cannot open " + disk.device() + " exclusively");
    }
    return new Holder(process);
  }

  /** Runs a command that must succeed; its stdout and stderr. */
  public static String run(String... argv) {
    var said = say(argv);
    if (said.code() != 0) {
      throw new AssertionError(
          String.join(" ", argv) + " ended with " + said.code() + ": " + said.out());
    }
    return said.out();
  }

  /** Runs a command. */
  public static Said say(String... argv) {
    try {
      var process =
          new ProcessBuilder(argv)
              .redirectErrorStream(true)
              .redirectInput(new java.io.File("/dev/null"))
              .start();
      var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        throw new AssertionError(String.join(" ", argv) + " does not end");
      }
      return new Said(process.exitValue(), out);
    } catch (IOException e) {
      throw new AssertionError(
          "cannot run " + argv[0] + ": these tests need it to be installed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    clean();
    if (hook != null) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The JVM is stopping: the hook finds nothing left to do.
      }
      hook = null;
    }
    directory = null;
  }

  private synchronized void clean() {
    var own = directory;
    if (own == null || !Files.exists(own)) {
      return;
    }
    var round = 0;
    do {
      // By their sequence numbers: a file on a disk has no place below the directory any more when
      // the disk's mount is given up.
      var loops = new TreeMap<String, String>();
      loopsOf(own).forEach(loop -> loops.put(loop, sequence(loop)));
      // A number may have been given to others before its sequence was read.
      loops.keySet().retainAll(loopsOf(own));
      unmountAll(own, loops.keySet());
      loops.forEach(
          (loop, sequence) -> {
            say("swapoff", loop);
            say("partx", "--delete", loop);
            detachIf(loop, "diskseq", sequence);
          });
      awaitNoLoops(own);
      round++;
    } while (round < CLEANING_ROUNDS && !loopsOf(own).isEmpty());
    say("chattr", "-R", "-f", "-i", own.toString());
    var removed = say("rm", "-rf", "--one-file-system", own.toString());
    var left = loopsOf(own);
    if (removed.code() != 0 || !left.isEmpty()) {
      throw new IllegalStateException(
          "could not clean " + own + ": " + removed.out() + " loop devices left: " + left);
    }
  }

  /** Detaches a loop device if its file is, or was, below the directory. */
  public static void detach(String device, Path directory) {
    detachIf(device, "loop/backing_file", directory + "/*");
  }

  /**
   * Numbers are given to others as soon as they are free: as long as the device is held open it
   * stays bound to what it is.
   *
   * @param attribute of the device in sysfs
   * @param pattern what it has to match
   */
  static void detachIf(String device, String attribute, String pattern) {
    say(
        "sh",
        "-c",
        """
        exec 3<"$1" || exit 0
        case "$(cat "/sys/block/${1##*/}/$2")" in
          $3) losetup --detach "$1" ;;
        esac""",
        "sh",
        device,
        attribute,
        pattern);
  }

  /** The number of what the device is bound to, which no other device and no later one has. */
  static String sequence(String device) {
    return say("cat", "/sys/block/" + Path.of(device).getFileName() + "/diskseq").out().strip();
  }

  /** The kernel unbinds a loop device at its last close, which a dying process may delay. */
  private static void awaitNoLoops(Path own) {
    try {
      Awaitility.await()
          .pollInterval(Duration.ofMillis(10))
          .atMost(Duration.ofSeconds(5))
          .until(() -> loopsOf(own).isEmpty());
    } catch (ConditionTimeoutException e) {
      // The next round tries again; what is left after the last is reported.
    }
  }

  /**
   * Those whose backing file is, or was, in the directory, and those whose backing file is on a
   * file system of one of them: when that is not mounted any more its files are in no directory.
   */
  private static List<String> loopsOf(Path own) {
    var listed = listed();
    var numbers = new HashSet<String>();
    List<Listed> found;
    do {
      found =
          listed.stream()
              .filter(
                  loop -> loop.file().startsWith(own + "/") || numbers.contains(loop.fileSystem()))
              .toList();
    } while (numbers.addAll(found.stream().map(Listed::number).toList()));
    return found.stream().map(Listed::device).toList();
  }

  private static List<Listed> listed() {
    return say(
            "losetup", "--list", "--noheadings", "--output", "NAME,MAJ:MIN,BACK-MAJ:MIN,BACK-FILE")
        .out()
        .lines()
        .map(line -> line.strip().split("\\s+", 4))
        .filter(words -> words.length == 4)
        .map(words -> new Listed(words[0], words[1], words[2], words[3]))
        .toList();
  }

  private static void unmountAll(Path own, Set<String> loops) {
    try {
      for (var mount : MountTable.reader().read().entries().reversed()) {
        var ours =
            mount.target().equals(own.toString())
                || mount.target().startsWith(own + "/")
                || loops.contains(mount.source());
        if (ours) {
          say("fsfreeze", "--unfreeze", mount.target());
          if (say("umount", mount.target()).code() != 0) {
            say("umount", "--lazy", mount.target());
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
