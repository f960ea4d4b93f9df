package dev.berth.node.volume;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Whether a pod's containers may be started, as far as its volumes go. */
public sealed interface VolumeReadiness {

  /**
   * All volumes are there.
   *
   * @param paths what containers get, by the volume's name in the pod
   */
  record Ready(Map<String, Path> paths) implements VolumeReadiness {
    public Ready {
      paths = Map.copyOf(paths);
    }
  }

  /**
   * @param volumes the names of those that are not there yet
   * @param message why, for a person; empty while it goes its usual way
   */
  record Waiting(List<String> volumes, String message) implements VolumeReadiness {
    public Waiting {
      volumes = List.copyOf(volumes);
    }
  }
}
