package dev.berth.node.plugin;

import dev.berth.node.disk.DeviceIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What this node remembers of the disks of its volumes, synced on its own disk. */
final class KnownDisks {
  private final VolumePaths paths;
  private final Map<Path, Read> read = new ConcurrentHashMap<>();

  /** A record as it was read; a write makes a new file. */
  private record Read(@Nullable Object file, FileTime written, KnownDisk disk) {}

  KnownDisks(VolumePaths paths) {
    this.paths = paths;
  }

  Optional<KnownDisk> of(String uid) throws IOException {
    return read(file(uid));
  }

  /** Each volume is compared with all: what has not changed is not read again. */
  private Optional<KnownDisk> read(Path file) throws IOException {
    BasicFileAttributes now;
    try {
      now = Files.readAttributes(file, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      read.remove(file);
      return Optional.empty();
    }
    var before = read.get(file);
    if (before != null
        && before.written().equals(now.lastModifiedTime())
        && Objects.equals(before.file(), now.fileKey())) {
      return Optional.of(before.disk());
    }
    // The attributes were read first: a write meanwhile is noticed the next time.
    var disk = SyncedJson.read(file, KnownDisk.class);
    disk.ifPresent(found -> read.put(file, new Read(now.fileKey(), now.lastModifiedTime(), found)));
    return disk;
  }

  /** The uid of another volume to which the device, or a part of it, belongs as a raw one. */
  Optional<String> rawOf(String uid, DeviceIdentity device) throws IOException {
    return others(uid, device)
        .filter(other -> other.fsUuid().isEmpty())
        .map(KnownDisk::uid)
        .findFirst();
  }

  /** The uid of another volume to which the device, or a part of it, belongs or belonged. */
  Optional<String> otherOf(String uid, DeviceIdentity device) throws IOException {
    return others(uid, device).map(KnownDisk::uid).findFirst();
  }

  /** The uid of another volume that had the same file system on the device. */
  Optional<String> otherWith(String uid, String fsUuid, DeviceIdentity device) throws IOException {
    return others(uid, device)
        .filter(other -> other.fsUuid().equalsIgnoreCase(fsUuid))
        .map(KnownDisk::uid)
        .findFirst();
  }

  private Stream<KnownDisk> others(String uid, DeviceIdentity device) throws IOException {
    return all().stream()
        .filter(other -> !other.uid().equals(uid))
        .filter(other -> other.device().overlaps(device));
  }

  /** All that are remembered. */
  List<KnownDisk> all() throws IOException {
    var directory = paths.remembered(LocalVolumes.NAME, LocalMemory.DISKS);
    var all = new ArrayList<KnownDisk>();
    if (Files.isDirectory(directory)) {
      try (var files = Files.newDirectoryStream(directory, "[!.]*" + LocalMemory.FILE)) {
        for (var file : files) {
          read(file).ifPresent(all::add);
        }
      }
    }
    return all;
  }

  void remember(KnownDisk disk) throws IOException {
    SyncedJson.write(file(disk.uid()), disk);
  }

  /** Its file system was unmounted by this node. */
  void markClean(String uid) throws IOException {
    var known = of(uid);
    if (known.isPresent()) {
      var disk = known.get();
      remember(new KnownDisk(disk.uid(), disk.path(), disk.device(), disk.fsUuid(), true));
    }
  }

  /** The same disk is larger now. */
  void resized(String uid, DeviceIdentity device) throws IOException {
    var known = of(uid);
    if (known.isPresent()) {
      var disk = known.get();
      remember(new KnownDisk(disk.uid(), disk.path(), device, disk.fsUuid(), disk.clean()));
    }
  }

  void forget(String uid) throws IOException {
    SyncedJson.delete(file(uid));
  }

  private Path file(String uid) {
    return paths.remembered(LocalVolumes.NAME, LocalMemory.DISKS).resolve(uid + LocalMemory.FILE);
  }
}
