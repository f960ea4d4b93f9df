package dev.berth.node.volume;

import dev.berth.node.plugin.VolumeId;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Which volumes the node's status tells the world to be in use here, while reports of it are on
 * their way. A report lands late, in its turn, and replaces the one before: so a volume counts as
 * told only when a report that names it has landed and every later one, sent or not, names it too.
 */
final class InUseReports {
  private final Map<VolumeId, Long> since = new HashMap<>();
  private long newest;
  private long landed;

  /**
   * What the status has to say from now on.
   *
   * @return the number of the report that says it: another than before when it has to be sent
   */
  long ask(Set<VolumeId> inUse) {
    if (!inUse.equals(since.keySet())) {
      newest++;
      since.keySet().retainAll(inUse);
      inUse.forEach(volume -> since.putIfAbsent(volume, newest));
    }
    return newest;
  }

  /** The report of this number has landed, and with it those before. */
  void landed(long report) {
    landed = Math.max(landed, report);
  }

  boolean told(VolumeId volume) {
    var first = since.get(volume);
    return first != null && first <= landed;
  }
}
