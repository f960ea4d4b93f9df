package dev.berth.node.volume;

import dev.berth.node.plugin.Problem;

/** A container cannot get a volume; the message is for the event. */
public final class VolumeFailure extends Exception {
  private final transient Problem problem;

  VolumeFailure(Problem problem) {
    super(problem.message());
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }
}
