package dev.berth.node.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.node.disk.MountTable;
import dev.berth.node.disk.OpenatRemoval;
import dev.berth.node.disk.SafeRemoval;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** What containers of a test leave on this host: processes, mounts, control groups, files. */
final class HostLeftovers {
  private final Path directory;
  private final Set<String> nodes;

  /**
   * @param directory of the test
   * @param nodes by whose names control groups are called
   */
  HostLeftovers(Path directory, Set<String> nodes) {
    this.directory = directory;
    this.nodes = nodes;
  }

  /** A child that was killed is not gone at once. */
  List<String> inTheEnd() throws Exception {
    try {
      Awaitility.await()
          .pollDelay(Duration.ZERO)
          .atMost(Duration.ofSeconds(10))
          .until(() -> now().isEmpty());
    } catch (ConditionTimeoutException e) {
      // The caller says what is left.
    }
    return now();
  }

  /** Everything on this host that carries the name of the test's directory or nodes. */
  List<String> now() throws IOException {
    var left = new ArrayList<String>();
    MountTable.reader().read().below(directory).forEach(mount -> left.add(mount.target()));
    left.addAll(processes().values());
    for (var hierarchy : hierarchies()) {
      for (var node : nodes) {
        var group = hierarchy.resolve("berth").resolve(node);
        if (Files.exists(group)) {
          left.add(group.toString());
        }
      }
    }
    for (var node : nodes) {
      for (var kind : List.of("containers", "exits", "oci", "trial")) {
        var place = directory.resolve(node).resolve("runtime").resolve(kind);
        if (Files.isDirectory(place)) {
          try (var files = Files.list(place)) {
            files.forEach(file -> left.add(file.toString()));
          }
        }
      }
    }
    return left;
  }

  private Map<Long, String> processes() throws IOException {
    var found = new HashMap<Long, String>();
    try (var all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (var process : all) {
        var pid = Long.parseLong(process.getFileName().toString());
        if (pid == ProcessHandle.current().pid()) {
          continue;
        }
        try {
          var line = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
          if (line.contains(directory + "/")) {
            found.put(pid, line.replace('\0', ' '));
          }
        } catch (IOException e) {
          // It has just ended.
          found.remove(pid);
        }
      }
    }
    return found;
  }

  static List<Path> hierarchies() throws IOException {
    return MountTable.reader().read().entries().stream()
        .filter(mount -> mount.type().startsWith("cgroup"))
        .map(mount -> Path.of(mount.target()))
        .toList();
  }

  /** Takes away by force what a failed test left, so that the next ones are not disturbed. */
  void takeAway(List<Path> elsewheres) throws Exception {
    for (var hierarchy : hierarchies()) {
      for (var node : nodes) {
        var group = hierarchy.resolve("berth").resolve(node);
        if (!Files.isDirectory(group)) {
          continue;
        }
        try (var tree = Files.walk(group)) {
          for (var below : tree.filter(Files::isDirectory).toList().reversed()) {
            for (var pid : Files.readAllLines(below.resolve("cgroup.procs"))) {
              ContainerHost.SYSCALLS.signal(Long.parseLong(pid), 9, false);
            }
            await().untilAsserted(() -> Files.deleteIfExists(below));
          }
        }
      }
    }
    for (var pid : processes().keySet()) {
      ContainerHost.SYSCALLS.signal(pid, 9, false);
    }
    for (var mount : MountTable.reader().read().below(directory)) {
      ContainerHost.SYSCALLS.unmountBind(Path.of(mount.target()), true);
    }
    var removal = new OpenatRemoval(ContainerHost.SYSCALLS);
    removal.removeTree(directory, SafeRemoval.Immutable.CLEAR);
    for (var elsewhere : elsewheres) {
      removal.removeTree(elsewhere, SafeRemoval.Immutable.CLEAR);
    }
    assertThat(directory).doesNotExist();
  }
}
