package dev.berth.node.plugin;

import dev.berth.node.disk.Mounter;
import dev.berth.node.disk.Outcome;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * nfs: a directory of a server, mounted straight into the pod's directory by a child process. A
 * server can stop answering at any time, so that nothing here ever looks at the mounted directory
 * itself: what is mounted is told by the mount table.
 */
public final class NfsVolumes implements VolumePlugin {
  public static final String NAME = "kubernetes.io/nfs";

  /** What mount(8) says where there is no NFS. */
  private static final List<String> UNKNOWN =
      List.of("unknown filesystem type", "helper program", "No such device");

  private static final String SILENT =
      "; the server does not answer: look whether it runs and is reached from this node";

  private static final Deadline FORCED = Deadline.byClock(Duration.ofSeconds(30));

  private final MountTools tools;
  private final VolumePaths paths;
  private final ChildProcesses children;
  private final Path knownFileSystems;

  /**
   * @param children those of operations on volumes
   * @param knownFileSystems where the kernel lists those that it has: /proc/filesystems
   */
  public NfsVolumes(
      MountTools tools, VolumePaths paths, ChildProcesses children, Path knownFileSystems) {
    this.tools = tools;
    this.paths = paths;
    this.children = children;
    this.knownFileSystems = knownFileSystems;
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
    throw new IllegalStateException("an nfs volume is not prepared for the node: " + source);
  }

  @Override
  public Attempt unstage(StagedVolume volume) {
    throw new IllegalStateException("an nfs volume is not prepared for the node: " + volume);
  }

  @Override
  public Attempt publish(PodVolume volume) throws IOException, InterruptedException {
    var source = source(volume);
    var target = hostPath(volume);
    MountRecords.write(paths.podRecord(volume.published()), volume.published());
    var problem = verify(volume);
    if (problem.isEmpty()) {
      return Attempt.DONE;
    }
    if (tools.table().read().at(target).isPresent()) {
      return new Attempt.Failed(problem.get(), true);
    }
    Files.createDirectories(paths.podVolumesOf(volume.published()));
    tools.guard().protectMountPoint(target);
    var outcome =
        tools
            .mounter()
            .mount(new Mounter.Request("nfs", source.share(), target, source.mountOptions()));
    return switch (outcome) {
      case Outcome.Done _ ->
          verify(volume).<Attempt>map(why -> new Attempt.Failed(why, true)).orElse(Attempt.DONE);
      case Outcome.Failed(var message, var overdue) ->
          failed(volume, target, message, overdue ? SILENT : hint(message));
      case Outcome.ToolMissing(_, var message) -> failed(volume, target, message, hint(message));
      case Outcome.Uncertain(var message, _) ->
          new Attempt.Uncertain(
              Problem.mount(
                  "volume %s: the server of %s does not answer: %s"
                      .formatted(volume.volumeName(), source.share(), message)));
    };
  }

  private Attempt failed(PodVolume volume, Path target, String message, String hint)
      throws IOException {
    tools.guard().removeMountPoint(target);
    return Attempt.failed(
        Problem.mount(
            "volume %s: %s%s%s"
                .formatted(
                    volume.volumeName(),
                    message,
                    hint,
                    AskedOptions.of(volume.directory(), source(volume).mountOptions()))));
  }

  /** What a person should look at; empty when the message says it all. */
  private String hint(String message) throws IOException {
    return kernelKnowsNfs() || UNKNOWN.stream().noneMatch(message::contains)
        ? ""
        : "; this kernel has no NFS client (%s names no nfs): install nfs-common and a kernel"
                .formatted(knownFileSystems)
            + " with the module nfs, or load it";
  }

  private boolean kernelKnowsNfs() throws IOException {
    return Files.readAllLines(knownFileSystems).stream()
        .map(String::strip)
        .anyMatch(line -> line.endsWith("nfs") || line.endsWith("nfs4"));
  }

  @Override
  public Attempt unpublish(PublishedVolume volume) throws IOException, InterruptedException {
    var target = paths.podVolume(volume);
    while (tools.table().read().at(target).isPresent()) {
      var outcome = tools.mounter().unmount(target);
      if (!outcome.done() && tools.table().read().at(target).isPresent()) {
        // The pod's processes have ended: requests that the server has not answered are of no use.
        children.run(
            ChildCommand.of(
                FORCED, "umount", "--force", "--no-canonicalize", "--", target.toString()));
        if (tools.table().read().at(target).isPresent()) {
          return stuck(volume, outcome);
        }
      }
    }
    if (Files.exists(target)) {
      tools.guard().removeMountPoint(target);
    }
    MountRecords.delete(paths.podRecord(volume));
    return Attempt.DONE;
  }

  private static Attempt stuck(PublishedVolume volume, Outcome outcome) {
    var problem =
        Problem.unmount(
            "volume %s cannot be unmounted, not even by force: %s; bring its server back, or end the"
                    .formatted(volume.volumeName(), outcome.text())
                + " processes that use it");
    return outcome instanceof Outcome.Uncertain
        ? new Attempt.Uncertain(problem)
        : new Attempt.Failed(problem, true);
  }

  @Override
  public Optional<Problem> verify(PodVolume volume) throws IOException {
    var share = source(volume).share();
    var target = hostPath(volume);
    var mount = tools.table().read().at(target);
    return mount.filter(at -> at.source().equals(share)).isPresent()
        ? Optional.empty()
        : Optional.of(
            Problem.mount(
                "volume %s: %s shows %s, expected %s"
                    .formatted(
                        volume.volumeName(),
                        target,
                        mount.map(at -> at.source()).orElse("nothing"),
                        share)));
  }

  @Override
  public Path hostPath(PodVolume volume) {
    return paths.podVolume(volume.published());
  }

  private static VolumeSource.Nfs source(PodVolume volume) {
    if (volume.source() instanceof VolumeSource.Nfs source) {
      return source;
    }
    throw new IllegalArgumentException("not an nfs volume: " + volume);
  }
}
