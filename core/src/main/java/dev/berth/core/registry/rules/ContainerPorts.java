package dev.berth.core.registry.rules;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The ports that a container says it listens on. */
final class ContainerPorts {

  private static final int MOST = 65535;

  private ContainerPorts() {}

  /**
   * @param hostPorts those of the containers before, which are added to
   */
  static void validate(Field ports, boolean hostNetwork, Set<String> hostPorts, Problems problems) {
    var names = new HashSet<String>();
    for (var port : ports.items()) {
      var name = port.child("name");
      if (!name.text().isEmpty()) {
        checkName(name, names, problems);
      }
      var number = port.child("containerPort");
      if (Checks.required(number, problems)) {
        Checks.between(number, 1, MOST, problems);
      }
      Checks.oneOf(port.child("protocol"), List.of("SCTP", "TCP", "UDP"), problems);
      checkHostPort(port, hostNetwork, hostPorts, problems);
    }
  }

  private static void checkName(Field name, Set<String> names, Problems problems) {
    var text = name.text();
    if (text.length() > 15) {
      problems.invalid(name, "must be no more than 15 characters");
    } else if (!text.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")
        || text.contains("--")
        || !text.matches(".*[a-z].*")) {
      problems.invalid(
          name,
          "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-), with at least"
              + " one letter, and hyphens neither at the ends nor next to each other");
    }
    if (!names.add(text)) {
      problems.duplicate(name);
    }
  }

  private static void checkHostPort(
      Field port, boolean hostNetwork, Set<String> hostPorts, Problems problems) {
    var hostPort = port.child("hostPort");
    var number = hostPort.number(0);
    if (number == 0) {
      return;
    }
    Checks.between(hostPort, 1, MOST, problems);
    if (hostNetwork && number != port.child("containerPort").number(0)) {
      problems.invalid(
          port.child("containerPort"), "must match `hostPort` when `hostNetwork` is true");
    }
    var taken = port.child("protocol").text() + "/" + port.child("hostIP").text() + "/" + number;
    if (!hostPorts.add(taken)) {
      problems.duplicate(hostPort);
    }
  }
}
