package dev.berth.node;

import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.MountEntry;
import dev.berth.node.disk.MountTable;
import dev.berth.node.plugin.VolumePlugin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What a node has on its host and is at there at a moment. */
record FaultTraces(FaultHost host) {

  /** The operations that the node is at: their threads are of the group of the cell's own. */
  static List<String> underWay() {
    var group = Thread.currentThread().getThreadGroup();
    var threads = new Thread[Math.max(64, 4 * group.activeCount())];
    var count = group.enumerate(threads);
    return Stream.of(threads)
        .limit(count)
        .map(Thread::getName)
        .filter(FaultSeams::isOperation)
        .toList();
  }

  /** What is mounted on the host's own file system. */
  List<String> mounts() throws IOException {
    return MountTable.reader().read().below(host.own()).stream()
        .map(MountEntry::target)
        .filter(target -> !target.equals(host.own().toString()))
        .toList();
  }

  /** The places where volumes are mounted for the node, or shown as devices. */
  List<Path> places(List<VolumePlugin> plugins) throws IOException {
    var found = new ArrayList<Path>();
    for (var plugin : plugins) {
      var places = host.own().resolve("node/plugins").resolve(plugin.name());
      found.addAll(list(places.resolve("mounts")));
      for (var devices : list(places.resolve("volumeDevices"))) {
        found.addAll(list(devices));
      }
    }
    return found;
  }

  private static List<Path> list(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return List.of();
    }
    try (var files = Files.list(directory)) {
      return files.toList();
    }
  }

  List<String> loops() throws IOException {
    return FaultHost.loopsBelow(host.own());
  }

  /** Directories that cannot be written to. */
  static List<String> immutable(Path root) {
    return LoopDisks.run("lsattr", "-R", "-a", root.toString())
        .lines()
        .filter(line -> line.split(" ")[0].matches("[-a-zA-Z]*i[-a-zA-Z]*"))
        .filter(line -> line.startsWith("-"))
        .toList();
  }

  /** Programs that were told of something of the host. */
  List<String> processes() throws IOException {
    var found = new ArrayList<String>();
    try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (var entry : entries) {
        try {
          var line =
              new String(Files.readAllBytes(entry.resolve("cmdline")), StandardCharsets.ISO_8859_1);
          if (line.contains(host.directory() + "/")) {
            found.add(line.replace('\0', ' '));
          }
        } catch (IOException e) {
          // It ended while it was looked at.
        }
      }
    }
    return found;
  }
}
