package dev.berth.node.plugin;

import dev.berth.node.disk.FormatJournal;
import dev.berth.node.disk.LoopImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Everything that this node remembers of local volumes beyond their mounts, by the uid of the
 * volume: formats, disks, directories and images that they had, wipes.
 */
public final class LocalMemory {
  static final String DISKS = "disks";
  static final String DIRECTORIES = "directories";
  static final String WIPES = "wipes";
  static final String IMAGES = "images";
  static final String FILE = ".json";
  private static final List<String> ALL = List.of(DISKS, DIRECTORIES, WIPES, IMAGES);

  private final VolumePaths paths;
  private final FormatJournal journal;

  public LocalMemory(VolumePaths paths, FormatJournal journal) {
    this.paths = paths;
    this.journal = journal;
  }

  /** The uids of all volumes of which anything is remembered. */
  public Set<String> uids() throws IOException {
    var uids = new HashSet<String>();
    journal.volumes().forEach(volume -> uids.add(volume.toString()));
    for (var what : ALL) {
      var directory = paths.remembered(LocalVolumes.NAME, what);
      if (Files.isDirectory(directory)) {
        try (var files = Files.newDirectoryStream(directory, "[!.]*" + FILE)) {
          for (var file : files) {
            var name = String.valueOf(file.getFileName());
            uids.add(name.substring(0, name.length() - FILE.length()));
          }
        }
      }
    }
    return uids;
  }

  /** The images that were prepared for volumes. */
  public Set<Path> images() throws IOException {
    var images = new HashSet<Path>();
    var directory = paths.remembered(LocalVolumes.NAME, IMAGES);
    if (Files.isDirectory(directory)) {
      try (var files = Files.newDirectoryStream(directory, "[!.]*" + FILE)) {
        for (var file : files) {
          SyncedJson.read(file, KnownImage.class)
              .map(known -> LoopImages.file(Path.of(known.directory()), known.image()))
              .ifPresent(images::add);
        }
      }
    }
    return images;
  }

  /** Forgets a volume that does not exist any more and of which nothing is mounted. */
  public void forget(String uid) throws IOException {
    for (var volume : journal.volumes()) {
      if (volume.toString().equals(uid)) {
        journal.forget(volume);
      }
    }
    for (var what : ALL) {
      SyncedJson.delete(file(what, uid));
    }
  }

  private Path file(String what, String uid) {
    return paths.remembered(LocalVolumes.NAME, what).resolve(uid + FILE);
  }
}
