package dev.berth.node.runtime;

import dev.berth.node.disk.MountEntry;
import dev.berth.node.disk.MountTable;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control groups of a node's containers: {@code /berth/NODE/POD UID/CONTAINER-ATTEMPT} in every
 * hierarchy of version 1, and in the one of version 2. The OCI runtime makes them and sets the
 * limits; here they are read, emptied and removed.
 */
final class ControlGroups {
  private static final Logger log = LoggerFactory.getLogger(ControlGroups.class);

  /** A group that was just emptied may still be busy for a moment. */
  private static final int REMOVAL_TRIES = 50;

  private static final int REMOVAL_PAUSE_MILLIS = 10;

  private final List<MountEntry> hierarchies;
  private final String node;

  /**
   * @param mounts where the hierarchies are mounted
   */
  ControlGroups(MountTable mounts, String node) {
    this.hierarchies =
        mounts.entries().stream()
            .filter(mount -> mount.type().equals("cgroup") || mount.type().equals("cgroup2"))
            .toList();
    this.node = node;
  }

  /** Which versions and controllers there are, in one line: it decides which runtime works. */
  String layout() {
    return String.join(
        " ", hierarchies.stream().map(h -> h.type() + ":" + h.target()).sorted().toList());
  }

  /** Whether memory and swap can be limited together. */
  boolean limitsSwap() {
    return hierarchies.stream()
        .map(h -> Path.of(h.target()))
        .anyMatch(
            root ->
                Files.exists(root.resolve("memory.memsw.limit_in_bytes"))
                    || swapFile(root.resolve("init.scope"))
                    || swapFile(root.resolve("system.slice")));
  }

  /** The group of a container, from the root of each hierarchy. */
  String path(ContainerId id) {
    return pod(id.podUid()) + "/" + id.container() + "-" + id.attempt();
  }

  private String pod(String podUid) {
    return "/berth/" + node + "/" + podUid;
  }

  /** How many processes of the group the kernel has killed for want of memory. */
  long oomKills(String group) {
    for (var directory : directories(group)) {
      for (var name : List.of("memory.oom_control", "memory.events")) {
        var kills = value(directory.resolve(name), "oom_kill");
        if (kills > 0) {
          return kills;
        }
      }
    }
    return 0;
  }

  /** The processes in the group and in the groups that it may have made below itself. */
  List<Long> processes(String group) throws IOException {
    for (var directory : directories(group)) {
      var found = new ArrayList<Long>();
      for (var below : tree(directory)) {
        found.addAll(processesIn(below));
      }
      if (!found.isEmpty()) {
        return found;
      }
    }
    return List.of();
  }

  private static List<Long> processesIn(Path directory) throws IOException {
    try {
      return Files.readAllLines(directory.resolve("cgroup.procs")).stream()
          .map(Long::parseLong)
          .toList();
    } catch (IOException e) {
      if (!Files.exists(directory)) {
        return List.of();
      }
      throw e;
    }
  }

  /**
   * A group and all groups below it, parents first; the kernel may remove any of them meanwhile.
   */
  private static List<Path> tree(Path directory) throws IOException {
    var all = new ArrayList<Path>();
    all.add(directory);
    try {
      // Two links for the directory itself, one more for each directory in it.
      if ((int) Files.getAttribute(directory, "unix:nlink") == 2) {
        return all;
      }
      try (var below = Files.newDirectoryStream(directory, Files::isDirectory)) {
        for (var child : below) {
          all.addAll(tree(child));
        }
      }
    } catch (NoSuchFileException e) {
      log.debug("control group {} is gone", directory);
    }
    return all;
  }

  /** Removes the group of one container, with those that it made below itself, once it is empty. */
  void removeContainer(ContainerId id) throws IOException, InterruptedException {
    for (var directory : directories(path(id))) {
      removeTree(directory);
    }
  }

  /** Removes the group of a pod. Its containers' groups must be gone. */
  void removePod(String podUid) throws IOException, InterruptedException {
    for (var directory : directories(pod(podUid))) {
      removeTree(directory);
    }
  }

  /** The uids of the pods that have groups, by the directories of these. */
  Map<Path, String> pods() throws IOException {
    var found = new HashMap<Path, String>();
    for (var directory : directories("/berth/" + node)) {
      try (var pods = Files.newDirectoryStream(directory, Files::isDirectory)) {
        pods.forEach(pod -> found.put(pod, String.valueOf(pod.getFileName())));
      } catch (NoSuchFileException e) {
        log.debug("control group {} is gone", directory);
      }
    }
    return found;
  }

  /** Removes the groups of pods, of the node and of all nodes, where nothing is left in them. */
  void removeEmpty() throws IOException {
    for (var directory : directories("/berth/" + node)) {
      try (var pods = Files.newDirectoryStream(directory, Files::isDirectory)) {
        pods.forEach(ControlGroups::removeIfEmpty);
      } catch (NoSuchFileException e) {
        log.debug("control group {} is gone", directory);
      }
    }
    for (var group : List.of("/berth/" + node, "/berth")) {
      directories(group).forEach(ControlGroups::removeIfEmpty);
    }
  }

  private static void removeIfEmpty(Path directory) {
    try {
      Files.delete(directory);
    } catch (IOException e) {
      log.debug("control group {} is still in use", directory, e);
    }
  }

  private List<Path> directories(String group) {
    return hierarchies.stream()
        .map(hierarchy -> Path.of(hierarchy.target() + group))
        .filter(Files::isDirectory)
        .toList();
  }

  private static void removeTree(Path directory) throws IOException, InterruptedException {
    for (var below : tree(directory).reversed()) {
      removeEmptied(below);
    }
  }

  private static void removeEmptied(Path directory) throws IOException, InterruptedException {
    for (var left = REMOVAL_TRIES; ; left--) {
      try {
        Files.deleteIfExists(directory);
        return;
      } catch (DirectoryNotEmptyException e) {
        throw new IOException("control group %s still has groups below it".formatted(directory), e);
      } catch (IOException e) {
        if (left == 0) {
          throw new IOException(
              "control group %s cannot be removed; processes in it: %s"
                  .formatted(directory, processesIn(directory)),
              e);
        }
        Thread.sleep(REMOVAL_PAUSE_MILLIS);
      }
    }
  }

  private static boolean swapFile(Path group) {
    return Files.exists(group.resolve("memory.swap.max"));
  }

  private static long value(Path file, String name) {
    try {
      for (var line : Files.readAllLines(file)) {
        var words = line.split(" ");
        if (words.length == 2 && words[0].equals(name)) {
          return Long.parseLong(words[1]);
        }
      }
    } catch (IOException e) {
      // Not this version, or the group is gone.
      return 0;
    }
    return 0;
  }
}
