package dev.berth.node.volume;

import dev.berth.node.plugin.PodVolume;
import dev.berth.node.runtime.PodRef;
import java.util.List;

/** What a pod asks of the volume manager. A pod without a demand has no running container. */
public sealed interface PodDemand {

  PodRef pod();

  /**
   * It runs, or is to run.
   *
   * @param volumes that it wants
   * @param unresolved those of which nobody can say yet what they are
   */
  record Wants(PodRef pod, List<PodVolume> volumes, List<Unresolved> unresolved)
      implements PodDemand {
    public Wants {
      volumes = List.copyOf(volumes);
      unresolved = List.copyOf(unresolved);
    }
  }

  /** It is on its way out, but its containers may still run: whatever it has, it keeps. */
  record Holds(PodRef pod) implements PodDemand {}

  /**
   * A volume of a pod that cannot be mounted yet, for a reason outside of this node.
   *
   * @param message for the event: which object, what was expected, what was found
   */
  record Unresolved(String volumeName, String message) {}
}
