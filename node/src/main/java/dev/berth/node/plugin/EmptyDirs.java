package dev.berth.node.plugin;

import dev.berth.node.disk.Mounter;
import dev.berth.node.disk.Outcome;
import dev.berth.node.disk.SafeRemoval;
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

  private final MountTools tools;
  private final VolumePaths paths;

  public EmptyDirs(MountTools tools, VolumePaths paths) {
    this.tools = tools;
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
    SyncedJson.write(paths.podRecord(volume.published()), volume.published());
    if (source.memory()) {
      return publishInMemory(source, target);
    }
    Files.createDirectories(target);
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxrwxrwx"));
    return Attempt.DONE;
  }

  private Attempt publishInMemory(VolumeSource.EmptyDir source, Path target)
      throws IOException, InterruptedException {
    var present = tools.table().read().at(target);
    if (present.isPresent()) {
      return present.get().type().equals("tmpfs")
          ? Attempt.DONE
          : new Attempt.Failed(
              Problem.mount(
                  "%s shows a %s, expected a tmpfs; unmount it"
                      .formatted(target, present.get().type())),
              true);
    }
    Files.createDirectories(target);
    var options = new ArrayList<>(List.of("mode=0777", "nosuid", "nodev"));
    source.sizeLimitBytes().ifPresent(bytes -> options.add("size=" + bytes));
    var outcome = tools.mounter().mount(new Mounter.Request("tmpfs", "tmpfs", target, options));
    return switch (outcome) {
      case Outcome.Done _ -> Attempt.DONE;
      case Outcome.Failed _, Outcome.ToolMissing _ ->
          Attempt.failed(Problem.mount("a tmpfs could not be mounted: " + outcome.text()));
      case Outcome.Uncertain _ -> new Attempt.Uncertain(Problem.mount(outcome.text()));
    };
  }

  @Override
  public Attempt unpublish(PublishedVolume volume) throws IOException, InterruptedException {
    var target = paths.podVolume(volume);
    while (tools.table().read().at(target).isPresent()) {
      var outcome = tools.mounter().unmount(target);
      if (!outcome.done()) {
        var problem = Problem.unmount(target + " cannot be unmounted: " + outcome.text());
        return outcome instanceof Outcome.Uncertain
            ? new Attempt.Uncertain(problem)
            : new Attempt.Failed(problem, true);
      }
    }
    switch (tools.removal().removeTree(target, SafeRemoval.Immutable.CLEAR)) {
      case SafeRemoval.Result.Removed _ -> {}
      case SafeRemoval.Result.StoppedAtMount(_, var message) -> {
        return new Attempt.Failed(Problem.unmount(message), true);
      }
      case SafeRemoval.Result.Failed(_, var message) -> {
        return new Attempt.Failed(Problem.unmount(message), true);
      }
    }
    SyncedJson.delete(paths.podRecord(volume));
    return Attempt.DONE;
  }

  @Override
  public Optional<Problem> verify(PodVolume volume) throws IOException {
    var target = hostPath(volume);
    if (source(volume).memory()
        && tools.table().read().at(target).filter(at -> at.type().equals("tmpfs")).isEmpty()) {
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
