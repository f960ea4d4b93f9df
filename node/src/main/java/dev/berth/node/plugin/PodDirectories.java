package dev.berth.node.plugin;

import dev.berth.node.disk.Mounter;
import dev.berth.node.disk.Outcome;
import dev.berth.node.disk.SafeRemoval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Directories that belong to one pod and end with it, on the node's own disk or in memory. Both
 * calls can be repeated.
 */
final class PodDirectories {
  private static final String TMPFS = "tmpfs";

  private final MountTools tools;

  PodDirectories(MountTools tools) {
    this.tools = tools;
  }

  /** Makes a directory in memory. */
  Attempt mountMemory(Path target, List<String> options) throws IOException, InterruptedException {
    var present = tools.table().read().at(target);
    if (present.isPresent()) {
      return present.get().type().equals(TMPFS)
          ? Attempt.DONE
          : new Attempt.Failed(
              Problem.mount(
                  "%s shows a %s, expected a tmpfs; unmount it"
                      .formatted(target, present.get().type())),
              true);
    }
    Files.createDirectories(target);
    var outcome = tools.mounter().mount(new Mounter.Request(TMPFS, TMPFS, target, options));
    return switch (outcome) {
      case Outcome.Done _ -> Attempt.DONE;
      case Outcome.Failed _, Outcome.ToolMissing _ ->
          Attempt.failed(Problem.mount("a tmpfs could not be mounted: " + outcome.text()));
      case Outcome.Uncertain _ -> new Attempt.Uncertain(Problem.mount(outcome.text()));
    };
  }

  /** Whether the directory is in memory. */
  boolean inMemory(Path target) throws IOException {
    return tools.table().read().at(target).filter(at -> at.type().equals(TMPFS)).isPresent();
  }

  /** Unmounts whatever is there, and removes the directory with everything in it. */
  Attempt takeAway(Path target) throws IOException, InterruptedException {
    var below = PodMounts.takeAwayBelow(tools, target);
    if (!(below instanceof Attempt.Done)) {
      return below;
    }
    while (tools.table().read().at(target).isPresent()) {
      var outcome = tools.mounter().unmount(target);
      if (!outcome.done()) {
        var problem = Problem.unmount(target + " cannot be unmounted: " + outcome.text());
        return outcome instanceof Outcome.Uncertain
            ? new Attempt.Uncertain(problem)
            : new Attempt.Failed(problem, true);
      }
    }
    return switch (tools.removal().removeTree(target, SafeRemoval.Immutable.CLEAR)) {
      case SafeRemoval.Result.Removed _ -> Attempt.DONE;
      case SafeRemoval.Result.StoppedAtMount(_, var message) ->
          new Attempt.Failed(Problem.unmount(message), true);
      case SafeRemoval.Result.Failed(_, var message) ->
          new Attempt.Failed(Problem.unmount(message), true);
    };
  }
}
