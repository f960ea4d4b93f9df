package dev.berth.node.plugin;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives the files of a volume to a pod's group: the group itself, read and write for it, and on
 * directories also search and the set-group-id bit, so that new files belong to it too. Symbolic
 * links are left alone. In child processes, because a volume's file system may not answer.
 */
public final class PodFiles {
  private static final Deadline QUICK = Deadline.byClock(Duration.ofSeconds(30));
  private static final Deadline LONG =
      Deadline.byProgress(Duration.ofHours(24), Duration.ofMinutes(2));
  private static final int SET_GROUP_ID_AND_GROUP_RIGHTS = 02070;

  private final ChildProcesses children;

  public PodFiles(ChildProcesses children) {
    this.children = children;
  }

  /** Whether the root of the volume is the group's, as {@link #give} leaves it. */
  boolean has(Path volume, FsGroup group) throws InterruptedException {
    var status = children.run(ChildCommand.of(QUICK, "stat", "-c", "%g %a", volume.toString()));
    return status instanceof ChildResult.Exited exited && exited.ok() && fits(exited.out(), group);
  }

  /**
   * The root comes last: that it is the group's says that everything in it is, also when this was
   * cut short.
   */
  Attempt give(Path volume, FsGroup group) throws InterruptedException {
    if (group.onRootMismatch() && has(volume, group)) {
      return Attempt.DONE;
    }
    // Without it the root vouches for no group, neither this one nor the one before.
    var unmarked = answer(group, ChildCommand.of(QUICK, "chmod", "g-s", volume.toString()));
    if (!(unmarked instanceof Attempt.Done)) {
      return unmarked;
    }
    var given = run(group, "-mindepth", "1", volume);
    return given instanceof Attempt.Done ? run(group, "-maxdepth", "0", volume) : given;
  }

  private Attempt run(FsGroup group, String depth, String levels, Path volume)
      throws InterruptedException {
    var command = new ArrayList<String>();
    command.addAll(List.of(volume.toString(), depth, levels, "-xdev"));
    command.addAll(List.of("(", "-type", "d"));
    command.addAll(giving(group, "g+rwxs"));
    command.addAll(List.of(")", "-o", "(", "!", "-type", "l"));
    command.addAll(giving(group, "g+rw"));
    command.add(")");
    return answer(group, ChildCommand.of(LONG, "find", command));
  }

  private Attempt answer(FsGroup group, ChildCommand command) throws InterruptedException {
    return switch (children.run(command)) {
      case ChildResult.Exited exited when exited.ok() -> Attempt.DONE;
      case ChildResult.Exited exited ->
          failed("the files of the volume could not be given to group " + group.gid(), exited);
      case ChildResult.Killed _ ->
          new Attempt.Uncertain(
              Problem.mount(
                  "giving the files of the volume to group %d took too long and was ended"
                      .formatted(group.gid())));
      case ChildResult.Abandoned _ ->
          new Attempt.Uncertain(
              Problem.mount(
                  "the volume does not answer while its files are given to group " + group.gid()));
      case ChildResult.NotStarted(_, var reason) -> Attempt.failed(Problem.mount(reason));
    };
  }

  private static List<String> giving(FsGroup group, String rights) {
    return List.of(
        "-exec", "chown", "-h", ":" + group.gid(), "{}", "+", "-exec", "chmod", rights, "{}", "+");
  }

  private static Attempt failed(String what, ChildResult.Exited exited) {
    return Attempt.failed(Problem.mount(what + ": " + exited.said()));
  }

  private static boolean fits(String status, FsGroup group) {
    var words = status.strip().split(" ");
    if (words.length != 2) {
      return false;
    }
    var mode = Integer.parseInt(words[1], 8);
    return words[0].equals(Long.toString(group.gid()))
        && (mode & SET_GROUP_ID_AND_GROUP_RIGHTS) == SET_GROUP_ID_AND_GROUP_RIGHTS;
  }
}
