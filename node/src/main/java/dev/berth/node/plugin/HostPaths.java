package dev.berth.node.plugin;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import dev.berth.node.linux.FileType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * hostPath: a file or directory of the host as it is. Nothing is mounted, unmounted or removed;
 * what the pod asks to be made is made. The path may lead to a file system that does not answer:
 * only child processes go there.
 */
public final class HostPaths implements VolumePlugin {
  public static final String NAME = "kubernetes.io/host-path";

  private static final Deadline QUICK = Deadline.byClock(Duration.ofSeconds(30));
  private static final String ABSENT = "No such file or directory";
  private static final String BLOCKED = "Not a directory";
  private static final String SILENT =
      "does not answer: the file system that it is on hangs; look at the kernel log (dmesg)";

  private final ChildProcesses children;
  private final VolumePaths paths;

  /**
   * @param children those of operations on volumes
   */
  public HostPaths(ChildProcesses children, VolumePaths paths) {
    this.children = children;
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
    throw new IllegalStateException("a hostPath volume is not prepared for the node: " + source);
  }

  @Override
  public Attempt unstage(StagedVolume volume) {
    throw new IllegalStateException("a hostPath volume is not prepared for the node: " + volume);
  }

  @Override
  public Attempt publish(PodVolume volume) throws IOException, InterruptedException {
    var source = source(volume);
    var seen = look(source);
    if (seen instanceof Seen.Absent && makes(source)) {
      var problem = make(source);
      if (problem.isPresent()) {
        return Attempt.failed(problem.get());
      }
      seen = look(source);
    }
    var problem = compare(source, seen);
    if (problem.isPresent()) {
      return Attempt.failed(problem.get());
    }
    MountRecords.write(paths.podRecord(volume.published()), volume.published());
    return Attempt.DONE;
  }

  @Override
  public Attempt unpublish(PublishedVolume volume) throws IOException {
    MountRecords.delete(paths.podRecord(volume));
    return Attempt.DONE;
  }

  @Override
  public Optional<Problem> verify(PodVolume volume) throws InterruptedException {
    var source = source(volume);
    return compare(source, look(source));
  }

  @Override
  public Path hostPath(PodVolume volume) {
    return source(volume).path();
  }

  /** What a child saw at the path. */
  private sealed interface Seen {
    record Present(FileType type) implements Seen {}

    record Absent() implements Seen {}

    record Unknown(String why) implements Seen {}
  }

  private Seen look(VolumeSource.HostPath source) throws InterruptedException {
    var command =
        ChildCommand.of(
            QUICK, "stat", "--dereference", "--format=%f", "--", source.path().toString());
    return switch (children.run(command)) {
      case ChildResult.Exited exited when exited.ok() -> present(exited.out().strip());
      case ChildResult.Exited exited ->
          exited.err().contains(ABSENT) || exited.err().contains(BLOCKED)
              ? new Seen.Absent()
              : new Seen.Unknown("cannot be looked at: " + exited.said());
      case ChildResult.Killed _, ChildResult.Abandoned _ -> new Seen.Unknown(SILENT);
      case ChildResult.NotStarted(_, var reason) -> new Seen.Unknown(reason);
    };
  }

  private static Seen present(String mode) {
    return new Seen.Present(FileType.ofMode(Integer.parseInt(mode, 16)));
  }

  private static boolean makes(VolumeSource.HostPath source) {
    return switch (source.type()) {
      case DIRECTORY_OR_CREATE, FILE_OR_CREATE -> true;
      case ANY, DIRECTORY, FILE, SOCKET, CHARACTER_DEVICE, BLOCK_DEVICE -> false;
    };
  }

  /** Makes what is missing; one that somebody else has made meanwhile is left as it is. */
  private Optional<Problem> make(VolumeSource.HostPath source) throws InterruptedException {
    var path = source.path().toString();
    var directory = source.type() == HostPathType.DIRECTORY_OR_CREATE;
    var command =
        directory
            ? ChildCommand.of(QUICK, "mkdir", "-p", "--", path)
            : ChildCommand.of(QUICK, "touch", "--", path);
    var problem = run(source, command);
    return problem.isPresent()
        ? problem
        : run(source, ChildCommand.of(QUICK, "chmod", directory ? "0755" : "0644", "--", path));
  }

  private Optional<Problem> run(VolumeSource.HostPath source, ChildCommand command)
      throws InterruptedException {
    var why =
        switch (children.run(command)) {
          case ChildResult.Exited exited -> exited.ok() ? "" : "cannot be made: " + exited.said();
          case ChildResult.Killed _, ChildResult.Abandoned _ -> SILENT;
          case ChildResult.NotStarted(_, var reason) -> reason;
        };
    return why.isEmpty()
        ? Optional.empty()
        : Optional.of(Problem.mount("hostPath %s %s".formatted(source.path(), why)));
  }

  private Optional<Problem> compare(VolumeSource.HostPath source, Seen seen) {
    return switch (seen) {
      case Seen.Absent() ->
          Optional.of(
              Problem.mount(
                  "hostPath %s does not exist on this node; create it or use type %s"
                      .formatted(source.path(), HostPathType.DIRECTORY_OR_CREATE.text())));
      case Seen.Unknown(var why) ->
          Optional.of(Problem.mount("hostPath %s %s".formatted(source.path(), why)));
      case Seen.Present(var found) -> compare(source, found);
    };
  }

  private static Optional<Problem> compare(VolumeSource.HostPath source, FileType found) {
    var expected =
        switch (source.type()) {
          case ANY -> found;
          case DIRECTORY, DIRECTORY_OR_CREATE -> FileType.DIRECTORY;
          case FILE, FILE_OR_CREATE -> FileType.REGULAR;
          case SOCKET -> FileType.SOCKET;
          case CHARACTER_DEVICE -> FileType.CHARACTER_DEVICE;
          case BLOCK_DEVICE -> FileType.BLOCK_DEVICE;
        };
    return found == expected
        ? Optional.empty()
        : Optional.of(
            Problem.mount(
                "hostPath %s of type %s: expected a %s, found a %s"
                    .formatted(source.path(), source.type().text(), text(expected), text(found))));
  }

  private static String text(FileType type) {
    var name = type.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    return type == FileType.REGULAR ? name + " file" : name;
  }

  private static VolumeSource.HostPath source(PodVolume volume) {
    if (volume.source() instanceof VolumeSource.HostPath source) {
      return source;
    }
    throw new IllegalArgumentException("not a hostPath volume: " + volume);
  }
}
