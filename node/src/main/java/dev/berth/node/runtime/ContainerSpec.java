package dev.berth.node.runtime;

import java.time.Duration;
import java.util.List;

/**
 * Everything that a runtime needs to run a container once.
 *
 * @param attempt see {@link ContainerId#attempt}
 * @param image as the pod names it, with or without a tag
 * @param hostname the name that the container sees as its own
 * @param hosts lines for the container's /etc/hosts ({@code ADDRESS NAME...}) after the host's own
 * @param grace how long it may take to stop, for whoever ends it without the pod at hand
 */
public record ContainerSpec(
    PodRef pod,
    String container,
    int attempt,
    String image,
    ContainerProcess process,
    String hostname,
    List<String> hosts,
    List<ContainerMount> mounts,
    List<ContainerDevice> devices,
    ContainerResources resources,
    ContainerSecurity security,
    TerminationMessage terminationMessage,
    Duration grace) {
  public static final Duration DEFAULT_GRACE = Duration.ofSeconds(30);

  public ContainerSpec {
    hosts = List.copyOf(hosts);
    mounts = List.copyOf(mounts);
    devices = List.copyOf(devices);
  }

  /** A container with nothing but a process: no mounts, no limits, no special rights. */
  public ContainerSpec(
      PodRef pod, String container, int attempt, String image, ContainerProcess process) {
    this(
        pod,
        container,
        attempt,
        image,
        process,
        pod.name(),
        List.of(),
        List.of(),
        List.of(),
        ContainerResources.BEST_EFFORT,
        ContainerSecurity.DEFAULT,
        TerminationMessage.DEFAULT,
        DEFAULT_GRACE);
  }

  public ContainerId id() {
    return new ContainerId(pod.uid(), container, attempt);
  }
}
