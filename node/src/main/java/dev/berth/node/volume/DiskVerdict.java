package dev.berth.node.volume;

import dev.berth.core.model.Condition;
import java.util.Optional;

/**
 * Whether a disk is in order, as the condition of its volume says it.
 *
 * @param reason one word, for programs
 */
record DiskVerdict(boolean healthy, String reason, String message) {
  private static final String WELL = "DiskWell";

  static DiskVerdict of(Condition condition) {
    return new DiskVerdict(condition.isTrue(), condition.reason(), condition.message());
  }

  /**
   * What is to be said now; empty as long as there was never anything to say.
   *
   * @param mounted whether its file system is mounted, so that its state shows
   */
  static Optional<DiskVerdict> next(
      Optional<DiskVerdict> before, Optional<DiskFinding> found, boolean mounted) {
    if (found.isPresent()) {
      var finding = found.get();
      return Optional.of(new DiskVerdict(false, finding.trouble().reason(), finding.message()));
    }
    if (before.isEmpty() || before.get().healthy()) {
      return before;
    }
    return DiskFinding.over(before.get().reason(), mounted)
        ? Optional.of(new DiskVerdict(true, WELL, "what was wrong does not show any more"))
        : before;
  }
}
