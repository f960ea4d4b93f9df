package dev.berth.core.control;

import dev.berth.core.model.Container;
import dev.berth.core.model.Pod;
import java.util.ArrayList;
import java.util.List;

/** The ports of its node that a pod takes. */
public final class HostPorts {
  private static final String EVERYWHERE = "0.0.0.0";

  private HostPorts() {}

  /** The ports of the pod's containers that are ports of the node too. */
  public static List<Container.Port> of(Pod pod) {
    List<Container.Port> found = List.of();
    for (var container : pod.spec().containers()) {
      for (var port : container.ports()) {
        if (port.hostPort() > 0) {
          found = found.isEmpty() ? new ArrayList<>() : found;
          found.add(port);
        }
      }
    }
    return found;
  }

  /** Whether only one of them can be had: the same port and protocol on a common address. */
  public static boolean conflict(Container.Port one, Container.Port other) {
    return one.hostPort() == other.hostPort()
        && protocol(one).equals(protocol(other))
        && (address(one).equals(address(other))
            || address(one).equals(EVERYWHERE)
            || address(other).equals(EVERYWHERE));
  }

  private static String protocol(Container.Port port) {
    return port.protocol() == null || port.protocol().isEmpty() ? "TCP" : port.protocol();
  }

  private static String address(Container.Port port) {
    return port.hostIP() == null || port.hostIP().isEmpty() ? EVERYWHERE : port.hostIP();
  }
}
