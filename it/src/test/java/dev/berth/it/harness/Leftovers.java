package dev.berth.it.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** What a server may leave on a host: processes, mounts, loop devices; found by its directory. */
public final class Leftovers {

  private Leftovers() {}

  /** What is there now that names {@code dir}, one line each. */
  public static List<String> of(Path dir) {
    var left = new ArrayList<String>();
    processes(dir).forEach(pid -> left.add("process " + pid + ": " + commandLine(pid)));
    mounts(dir).forEach(mount -> left.add("mount " + mount));
    loops(dir).forEach(loop -> left.add("loop device " + loop));
    return left;
  }

  /** Ends, unmounts, detaches and deletes all of it. */
  public static void remove(Path dir) {
    for (var attempt = 0; attempt < 20 && !of(dir).isEmpty(); attempt++) {
      processes(dir).forEach(pid -> Command.run("kill", "-9", Long.toString(pid)));
      var mounts = mounts(dir);
      // Whoever waits for a frozen file system that has no mount any more waits for ever. So does
      // who unfreezes one whose disk is on it: in the order in which they were mounted.
      mounts.forEach(mount -> Command.run("fsfreeze", "--unfreeze", mount));
      Collections.reverse(mounts);
      mounts.forEach(mount -> Command.run("umount", "-l", mount));
      loops(dir).forEach(loop -> LoopDisk.detach(loop, dir));
    }
    var pods = pods(dir);
    // Directories of removed mount points may be immutable on purpose.
    Command.run("chattr", "-R", "-f", "-i", dir.toString());
    Command.run("rm", "-rf", "--one-file-system", dir.toString());
    removeControlGroups(pods);
  }

  /** The UIDs of the pods that have directories. */
  private static List<String> pods(Path dir) {
    var ofUid = ".*/pods/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}";
    return Command.run(
            "find",
            dir.toString(),
            "-regextype",
            "posix-extended",
            "-regex",
            ofUid,
            "-prune",
            "-printf",
            "%f\\n")
        .out()
        .lines()
        .toList();
  }

  private static void removeControlGroups(List<String> pods) {
    if (pods.isEmpty()) {
      return;
    }
    // A process that was killed leaves its group only when the kernel is done with it.
    await("the end of the control groups of " + pods)
        .until(
            () -> {
              controlGroups(pods).forEach(group -> Command.run("rmdir", group));
              return controlGroups(pods).isEmpty();
            });
  }

  /** Of some pods, the innermost first. */
  private static List<String> controlGroups(List<String> pods) {
    var all = Command.run("find", "/sys/fs/cgroup", "-depth", "-type", "d", "-path", "*/berth/*");
    return all.out().lines().filter(group -> pods.stream().anyMatch(group::contains)).toList();
  }

  /** Ends the processes and takes the mounts and loop devices away, as the host's end does. */
  static void cut(Path dir) {
    await("the end of all that is of " + dir)
        .until(
            () -> {
              processes(dir).forEach(pid -> Command.run("kill", "-9", Long.toString(pid)));
              var mounts = mounts(dir);
              Collections.reverse(mounts);
              // Not lazily: what is mounted has to reach its disk.
              mounts.forEach(mount -> Command.run("umount", mount));
              loops(dir).forEach(loop -> LoopDisk.detach(loop, dir));
              return of(dir).isEmpty();
            });
  }

  private static ConditionFactory await(String what) {
    return Awaitility.await(what)
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(50))
        .atMost(Duration.ofSeconds(30));
  }

  private static List<Long> processes(Path dir) {
    var result = new ArrayList<Long>();
    var ownMounts = text(Path.of("/proc/self/ns/mnt"));
    try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (var entry : entries) {
        var pid = Long.parseLong(entry.getFileName().toString());
        if (pid == ProcessHandle.current().pid()) {
          continue;
        }
        if (commandLine(pid).contains(dir.toString()) || isContainer(entry, ownMounts, dir)) {
          result.add(pid);
        }
      }
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Whether a process lives in mounts of its own with its root below {@code dir}. A process that
   * may not be examined is somebody else's, and so is one that merely sees mounts of ours.
   */
  private static boolean isContainer(Path process, String ownMounts, Path dir) {
    var mounts = text(process.resolve("ns/mnt"));
    return !mounts.isEmpty()
        && !mounts.equals(ownMounts)
        && text(process.resolve("mountinfo"))
            .lines()
            .anyMatch(line -> line.contains(dir + "/") && line.split(" ", 6)[4].equals("/"));
  }

  private static List<String> mounts(Path dir) {
    var result = new ArrayList<String>();
    for (var line : text(Path.of("/proc/self/mountinfo")).split("\n")) {
      var fields = line.split(" ");
      if (fields.length > 4 && (fields[4] + "/").startsWith(dir + "/")) {
        result.add(fields[4]);
      }
    }
    return result;
  }

  private static List<String> loops(Path dir) {
    var result = new ArrayList<String>();
    for (var line : Command.run("losetup", "-l", "-n", "-O", "NAME,BACK-FILE").out().split("\n")) {
      if (line.contains(dir + "/")) {
        result.add(line.strip().split("\\s+")[0]);
      }
    }
    return result;
  }

  private static String commandLine(long pid) {
    return text(Path.of("/proc/" + pid + "/cmdline")).replace('\0', ' ');
  }

  private static String text(Path file) {
    try {
      return Files.isSymbolicLink(file)
          ? Files.readSymbolicLink(file).toString()
          : new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      // The process ended while it was looked at.
      return "";
    }
  }
}
