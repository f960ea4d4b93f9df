package dev.berth.node.plugin;

/** How an operation on a volume ended. */
public sealed interface Attempt {

  /** What was asked for is so now, whether or not it was so before. */
  record Done() implements Attempt {}

  /**
   * It was refused or failed, and nothing more of it will happen.
   *
   * @param present whether the volume is there nevertheless (mounted, or not yet taken away)
   */
  record Failed(Problem problem, boolean present) implements Attempt {}

  /** Nobody knows whether it happened; the mount table will tell, now or later. */
  record Uncertain(Problem problem) implements Attempt {}

  /** It did not happen, and the volume is not there. */
  static Attempt failed(Problem problem) {
    return new Failed(problem, false);
  }

  Attempt DONE = new Done();
}
