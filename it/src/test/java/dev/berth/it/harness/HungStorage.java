package dev.berth.it.harness;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Storage that does not answer, for real: whoever asks it waits in the kernel and cannot even be
 * killed. Closing lets go of everything, whatever state it is in.
 */
public final class HungStorage implements AutoCloseable {
  private static final String PROGRAM = "silent-fuse.pl";
  private static final long FULL_BYTES = 4L << 30;

  private final Path dir;
  private final List<Path> silent = new ArrayList<>();
  private final List<LoopDisk> disks = new ArrayList<>();
  private final List<Process> programs = new ArrayList<>();
  private final Path icebox;
  private final LoopDisk outer;

  /**
   * @param dir for images and mount points, on a file system that can hold sparse files
   */
  public HungStorage(Path dir) {
    this.dir = dir;
    icebox = directory("icebox");
    outer = LoopDisk.make(dir.resolve("icebox.img"), FULL_BYTES);
    Command.run("mkfs.ext4", "-q", "-O", "^has_journal", outer.device()).ok();
    Command.run("mount", outer.device(), icebox.toString()).ok();
  }

  private Path directory(String name) {
    try {
      return Files.createDirectory(dir.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Mounted directories whose file systems take every request and answer none. */
  public List<Path> silentDirectories(int count) {
    var made = new ArrayList<Path>();
    for (var i = 0; i < count; i++) {
      made.add(directory("silent-" + (silent.size() + i)));
    }
    silent.addAll(made);
    try {
      var command = new ArrayList<>(List.of("perl", program().toString()));
      made.forEach(path -> command.add(path.toString()));
      var process = new ProcessBuilder(command).redirectErrorStream(true).start();
      programs.add(process);
      var said = process.inputReader().readLine();
      if (!"mounted".equals(said)) {
        throw new AssertionError("no silent file systems: " + said);
      }
      return made;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path program() throws IOException {
    var file = dir.resolve(PROGRAM);
    try (InputStream program = HungStorage.class.getResourceAsStream(PROGRAM)) {
      if (program == null) {
        throw new AssertionError("the resource " + PROGRAM + " is missing");
      }
      Files.writeString(file, new String(program.readAllBytes(), StandardCharsets.UTF_8));
    }
    return file;
  }

  /** A disk that hangs as soon as it is written to, from {@link #freeze} on. */
  public LoopDisk disk(long bytes) {
    var disk = LoopDisk.make(icebox.resolve("disk-" + disks.size() + ".img"), bytes);
    disks.add(disk);
    return disk;
  }

  /** Writes to the disks wait from now on. */
  public void freeze() {
    Command.run("fsfreeze", "--freeze", icebox.toString()).ok();
  }

  /** What waited goes on. */
  public void thaw() {
    Command.run("fsfreeze", "--unfreeze", icebox.toString()).ok();
  }

  /** Whoever waits for a silent directory gets an error. */
  public void breakOff() {
    programs.forEach(Process::destroyForcibly);
    programs.forEach(program -> program.onExit().join());
    programs.clear();
    silent.forEach(path -> Command.run("umount", "--lazy", path.toString()));
    silent.clear();
  }

  @Override
  public void close() {
    Command.run("fsfreeze", "--unfreeze", icebox.toString());
    breakOff();
    disks.forEach(LoopDisk::close);
    // The devices let go of their images at their last close, which what is dying may delay.
    Command.run("umount", "--lazy", icebox.toString());
    outer.close();
  }
}
