package dev.berth.node.disk;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** mount(8) and umount(8), believed only as far as the mount table agrees. */
public final class ChildMounter implements Mounter {
  private final ChildProcesses children;
  private final MountReader mounts;
  private final DiskDeadlines deadlines;

  public ChildMounter(ChildProcesses children, MountReader mounts, DiskDeadlines deadlines) {
    this.children = children;
    this.mounts = mounts;
    this.deadlines = deadlines;
  }

  @Override
  public Outcome mount(Request request) throws InterruptedException {
    var arguments = new ArrayList<>(List.of("-t", request.type()));
    if (!request.options().isEmpty()) {
      arguments.addAll(List.of("-o", String.join(",", request.options())));
    }
    arguments.addAll(List.of("--", request.source(), request.target().toString()));
    var what = "mounting " + request.source() + " at " + request.target();
    return run(what, "mount", arguments, request.target(), 1);
  }

  @Override
  public Outcome unmount(Path target) throws InterruptedException {
    if (mountsAt(target) == 0) {
      return Outcome.Done.PLAIN;
    }
    // Without looking at the path itself: the file system there may not answer.
    var arguments = List.of("--no-canonicalize", "--", target.toString());
    return run("unmounting " + target, "umount", arguments, target, -1);
  }

  /**
   * Runs it and compares the number of mounts at the target before and after.
   *
   * @param change by how many mounts the target is to have more
   */
  private Outcome run(String what, String tool, List<String> arguments, Path target, int change)
      throws InterruptedException {
    var command = ChildCommand.of(deadlines.forMount(), tool, arguments);
    var expected = mountsAt(target) + change;
    var result = children.run(command);
    var outcome = Outcomes.of(what, command, result);
    if (outcome.done() || result instanceof ChildResult.Abandoned) {
      return outcome;
    }
    // A program that is gone will change nothing any more: what the table shows now is final.
    if (mountsAt(target) == expected) {
      return new Outcome.Done(outcome.text());
    }
    return outcome instanceof Outcome.Uncertain(var message, _)
        // Who is interrupted gets no result: it was ended by its deadline.
        ? new Outcome.Failed(message, result instanceof ChildResult.Killed)
        : outcome;
  }

  private int mountsAt(Path target) {
    try {
      return mounts.read().allAt(target).size();
    } catch (IOException e) {
      throw new UncheckedIOException("the mount table cannot be read", e);
    }
  }
}
