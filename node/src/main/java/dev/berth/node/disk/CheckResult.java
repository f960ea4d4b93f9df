package dev.berth.node.disk;

/** What a file system's check said. */
public sealed interface CheckResult {

  /** Nothing to repair; or the kind repairs itself at mount (xfs, btrfs). */
  record Clean() implements CheckResult {}

  /** Errors were found and corrected. */
  record Repaired(String report) implements CheckResult {}

  /** Errors are left: it must not be mounted. The report is the tool's own. */
  record Damaged(String report) implements CheckResult {}

  /** The check is not installed; the message names it and its package. */
  record ToolMissing(String tool, String message) implements CheckResult {}

  /** The check did not end in time or failed for a reason of its own. */
  record Unknown(String message) implements CheckResult {}
}
