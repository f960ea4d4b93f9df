package dev.berth.node.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * configMap, secret, downwardAPI and projected volumes: files that objects of the API tell. All of
 * a volume's files change at once, while containers run; secret ones are never on a disk.
 */
public final class FileVolumes implements VolumePlugin {

  /** Which of them. */
  public enum Kind {
    CONFIG_MAP("kubernetes.io/configmap"),
    SECRET("kubernetes.io/secret"),
    DOWNWARD_API("kubernetes.io/downward-api"),
    PROJECTED("kubernetes.io/projected");

    private final String plugin;

    Kind(String plugin) {
      this.plugin = plugin;
    }

    /** The first part of {@link VolumeId}. */
    public String plugin() {
      return plugin;
    }
  }

  private final Kind kind;
  private final PodDirectories directories;
  private final AtomicFiles files;
  private final VolumePaths paths;

  public FileVolumes(Kind kind, MountTools tools, VolumePaths paths, InstantSource clock) {
    this.kind = kind;
    this.directories = new PodDirectories(tools);
    this.files = new AtomicFiles(tools.removal(), clock);
    this.paths = paths;
  }

  @Override
  public String name() {
    return kind.plugin();
  }

  @Override
  public boolean staged() {
    return false;
  }

  @Override
  public Attempt stage(VolumeSource source) {
    throw new IllegalStateException("a volume of files is not prepared for the node: " + source);
  }

  @Override
  public Attempt unstage(StagedVolume volume) {
    throw new IllegalStateException("a volume of files is not prepared for the node: " + volume);
  }

  @Override
  public Attempt publish(PodVolume volume) throws IOException, InterruptedException {
    var source = source(volume);
    var target = hostPath(volume);
    MountRecords.write(paths.podRecord(volume.published()), volume.published());
    if (source.memory()) {
      var mounted = directories.mountMemory(target, List.of("mode=0755", "nosuid", "nodev"));
      if (!(mounted instanceof Attempt.Done)) {
        return mounted;
      }
    }
    if (!source.missing().isEmpty()) {
      return AtomicFiles.present(target)
          ? Attempt.DONE
          : new Attempt.Failed(
              Problem.mount("volume \"%s\": %s".formatted(volume.volumeName(), source.missing())),
              true);
    }
    Files.createDirectories(target);
    files.show(target, source.files(), volume.fsGroup());
    return Attempt.DONE;
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
          Problem.mount("the tmpfs of volume %s is gone".formatted(volume.volumeName())));
    }
    return AtomicFiles.present(target)
        ? Optional.empty()
        : Optional.of(
            Problem.mount("the files of volume %s are gone".formatted(volume.volumeName())));
  }

  @Override
  public Path hostPath(PodVolume volume) {
    return paths.podVolume(volume.published());
  }

  private static VolumeSource.Files source(PodVolume volume) {
    if (volume.source() instanceof VolumeSource.Files source) {
      return source;
    }
    throw new IllegalArgumentException("not a volume of files: " + volume);
  }
}
