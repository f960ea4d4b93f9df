package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * Disks that keep their names while their numbers change, and what has been seen on them: files
 * that are named by their checksums.
 */
final class SoakDisks implements AutoCloseable {
  private static final long BYTES = 64 << 20;

  private final Path dir;
  private final TreeMap<String, LoopDisk> disks = new TreeMap<>();
  private final TreeMap<String, Set<String>> files = new TreeMap<>();
  private final Set<String> destroyed = new HashSet<>();

  SoakDisks(Path dir) {
    this.dir = dir;
  }

  /** A new blank disk; the path that leads to it always. */
  Path make(String name) throws IOException {
    connect(name, dir.resolve(name + ".img"));
    files.put(name, new HashSet<>());
    return link(name);
  }

  List<String> names() {
    return List.copyOf(disks.keySet());
  }

  private LoopDisk disk(String name) {
    return Objects.requireNonNull(disks.get(name), name);
  }

  private Set<String> files(String name) {
    return Objects.requireNonNull(files.get(name), name);
  }

  private Path link(String name) {
    return dir.resolve(name);
  }

  private void connect(String name, Path image) throws IOException {
    var disk = LoopDisk.make(image, BYTES);
    disks.put(name, disk);
    Files.deleteIfExists(link(name));
    Files.createSymbolicLink(link(name), Path.of(disk.device()));
  }

  /** The kernel finds them in another order. */
  void renumber(Random random) throws IOException {
    for (var disk : disks.values()) {
      Command.run("losetup", "-d", disk.device()).ok();
      await().until(() -> Command.run("losetup", "-j", disk.image().toString()).ok().isEmpty());
    }
    var names = new ArrayList<>(disks.keySet());
    Collections.shuffle(names, random);
    for (var name : names) {
      connect(name, disk(name).image());
    }
  }

  /** What is on a disk is to be destroyed, and never to be seen again. */
  void forget(String name) {
    destroyed.addAll(files(name));
    files(name).clear();
  }

  /** Every file that was seen is there, and every file is what its name says. */
  void look(String name, Path mount) {
    var script = "cd \"$0\" && for f in [0-9a-f]*; do [ -f $f ] && sha256sum $f; done; true";
    var found = new HashSet<String>();
    for (var line : Command.run("sh", "-c", script, mount.toString()).ok().split("\n")) {
      if (!line.isEmpty()) {
        var sumAndName = line.split(" +");
        assertThat(sumAndName[0]).as("the checksum of a file of %s", name).isEqualTo(sumAndName[1]);
        found.add(sumAndName[1]);
      }
    }
    assertThat(found).as("what was wiped, on %s", name).noneMatch(destroyed::contains);
    assertThat(found).as("files of %s", name).containsAll(files(name));
    files.put(name, found);
  }

  /** Looks at the disks that have files, without the server; how many files there are. */
  int lookByHand() throws IOException {
    var place = Files.createDirectory(dir.resolve("place"));
    var count = 0;
    for (var name : disks.keySet()) {
      var device = disk(name).device();
      if (!files(name).isEmpty()) {
        Command.run("e2fsck", "-fn", device).ok();
        Command.run("mount", "-o", "ro", device, place.toString()).ok();
        try {
          look(name, place);
        } finally {
          Command.run("umount", place.toString()).ok();
        }
        count += files(name).size();
      }
    }
    return count;
  }

  @Override
  public void close() throws IOException {
    for (var disk : disks.entrySet()) {
      disk.getValue().close();
      Files.deleteIfExists(link(disk.getKey()));
    }
  }
}
