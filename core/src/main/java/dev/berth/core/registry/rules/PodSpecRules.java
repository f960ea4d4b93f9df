package dev.berth.core.registry.rules;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What must hold for a pod as a whole. */
final class PodSpecRules {

  private static final Set<String> FS_GROUP_POLICIES = Set.of("Always", "OnRootMismatch");

  private PodSpecRules() {}

  static void validate(Field spec, Problems problems) {
    var volumes = PodVolumeRules.validate(spec.child("volumes"), problems);
    var containers = spec.child("containers");
    if (containers.value().isEmpty()) {
      problems.required(containers, "");
    }
    var names = new HashSet<String>();
    var hostNetwork = spec.child("hostNetwork").flag();
    for (var member : List.of("initContainers", "containers")) {
      var ports = new HashSet<String>();
      for (var container : spec.child(member).items()) {
        checkName(container.child("name"), names, problems);
        ContainerRules.validate(container, volumes, problems);
        ContainerPorts.validate(container.child("ports"), hostNetwork, ports, problems);
      }
    }
    Checks.oneOf(spec.child("restartPolicy"), Set.of("Always", "Never", "OnFailure"), problems);
    Checks.oneOf(
        spec.child("dnsPolicy"),
        Set.of("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
        problems);
    Checks.notNegative(spec.child("terminationGracePeriodSeconds"), problems);
    if (spec.child("activeDeadlineSeconds").present()) {
      Checks.between(spec.child("activeDeadlineSeconds"), 1, Integer.MAX_VALUE, problems);
    }
    checkNames(spec, problems);
    checkSecurity(spec, problems);
    PlacementRules.validate(spec, problems);
  }

  private static void checkName(Field name, Set<String> names, Problems problems) {
    if (Checks.required(name, problems)) {
      Names.checkLabel(name, name.text(), problems);
      if (!names.add(name.text())) {
        problems.duplicate(name);
      }
    }
  }

  private static void checkNames(Field spec, Problems problems) {
    for (var member : List.of("hostname", "subdomain")) {
      var name = spec.child(member);
      if (!name.text().isEmpty()) {
        Names.checkLabel(name, name.text(), problems);
      }
    }
    Checks.subdomain(spec.child("nodeName"), problems);
    Checks.subdomain(spec.child("serviceAccountName"), problems);
    for (var alias : spec.child("hostAliases").items()) {
      Checks.required(alias.child("ip"), problems);
    }
    for (var gate : spec.child("readinessGates").items()) {
      MetadataRules.checkQualifiedName(
          gate.child("conditionType"), gate.child("conditionType").text(), problems);
    }
  }

  private static void checkSecurity(Field spec, Problems problems) {
    var context = spec.child("securityContext");
    for (var member : List.of("fsGroup", "runAsUser", "runAsGroup")) {
      Checks.id(context.child(member), problems);
    }
    context.child("supplementalGroups").items().forEach(group -> Checks.id(group, problems));
    Checks.oneOf(context.child("fsGroupChangePolicy"), FS_GROUP_POLICIES, problems);
    if (spec.child("shareProcessNamespace").flag() && spec.child("hostPID").flag()) {
      problems.invalid(
          spec.child("shareProcessNamespace"),
          "ShareProcessNamespace and HostPID cannot both be enabled");
    }
  }
}
