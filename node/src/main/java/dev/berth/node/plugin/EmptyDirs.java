package dev.berth.node.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * emptyDir: a directory that anyone may write to, on the node's disk or in memory, which begins
 * empty and ends with its pod.
 */
public final class EmptyDirs implements VolumePlugin {
  public static final String NAME = "kubernetes.io/empty-dir";

  private static final int OPEN_WITH_GROUP = 02777;

  private final PodDirectories directories;
  private final VolumePaths paths;

  public EmptyDirs(MountTools tools, VolumePaths paths) {
    this.directories = new PodDirectories(tools);
    this.paths = paths;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean staged() {
    return false;
  }

  @Override
  public Attempt stage(VolumeSource source) {
    throw new IllegalStateException("an emptyDir volume is not prepared for the node: " + source);
  }

  @Override
  public Attempt unstage(StagedVolume volume) {
    throw new IllegalStateException("an emptyDir volume is not prepared for the node: " + volume);
  }

  @Override
  public Attempt publish(PodVolume volume) throws IOException, InterruptedException {
    var source = source(volume);
    var target = hostPath(volume);
    MountRecords.write(paths.podRecord(volume.published()), volume.published());
    if (source.memory()) {
      var options = new ArrayList<>(List.of("mode=0777", "nosuid", "nodev"));
      source.sizeLimitBytes().ifPresent(bytes -> options.add("size=" + bytes));
      var mounted = directories.mountMemory(target, options);
      if (mounted instanceof Attempt.Done) {
        give(volume, target);
      }
      return mounted;
    }
    Files.createDirectories(target);
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxrwxrwx"));
    give(volume, target);
    return Attempt.DONE;
  }

  /** What is made in it belongs to the pod's group. */
  private static void give(PodVolume volume, Path target) throws IOException {
    if (volume.fsGroup().isPresent()) {
      Files.setAttribute(target, "unix:gid", Math.toIntExact(volume.fsGroup().get().gid()));
      Files.setAttribute(target, "unix:mode", OPEN_WITH_GROUP);
    }
  }

  @Override
  public Attempt unpublish(PublishedVolume volume) throws IOException, InterruptedException {
    var attempt = directories.takeAway(paths.podVolume(volume));
    if (attempt instanceof Attempt.Done) {
      MountRecords.delete(paths.podRecord(volume));
    }
    return attempt;
  }

  @Override
  public Optional<Problem> verify(PodVolume volume) throws IOException {
    var target = hostPath(volume);
    if (source(volume).memory() && !directories.inMemory(target)) {
      return Optional.of(
          Problem.mount("the tmpfs of emptyDir %s is gone".formatted(volume.volumeName())));
    }
    return Files.isDirectory(target)
        ? Optional.empty()
        : Optional.of(
            Problem.mount("the directory of emptyDir %s is gone".formatted(volume.volumeName())));
  }

  @Override
  public Path hostPath(PodVolume volume) {
    return paths.podVolume(volume.published());
  }

  private static VolumeSource.EmptyDir source(PodVolume volume) {
    if (volume.source() instanceof VolumeSource.EmptyDir source) {
      return source;
    }
    throw new IllegalArgumentException("not an emptyDir volume: " + volume);
  }
}
