package dev.berth.core.registry.rules;

import dev.berth.core.registry.select.Syntax;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** What must hold for one container of a pod. */
final class ContainerRules {

  private static final Pattern ENVIRONMENT_NAME = Pattern.compile("[ -<>-~]+");
  private static final Set<String> RESOURCES =
      Set.of("cpu", "memory", "ephemeral-storage", "storage");

  private ContainerRules() {}

  /**
   * @param volumes that the pod declares, by name
   */
  static void validate(Field container, Map<String, Field> volumes, Problems problems) {
    checkImage(container.child("image"), problems);
    checkEnvironment(container.child("env"), problems);
    var devicePaths = checkDevices(container, volumes, problems);
    checkMounts(container, volumes, devicePaths, problems);
    checkResources(container.child("resources"), problems);
    checkProbe(container.child("livenessProbe"), true, problems);
    checkProbe(container.child("readinessProbe"), false, problems);
    checkProbe(container.child("startupProbe"), true, problems);
    for (var member : List.of("postStart", "preStop")) {
      if (container.at("lifecycle", member).present()) {
        checkHandler(
            container.at("lifecycle", member),
            List.of("exec", "httpGet", "tcpSocket", "sleep"),
            problems);
      }
    }
    Checks.oneOf(
        container.child("imagePullPolicy"), Set.of("Always", "IfNotPresent", "Never"), problems);
    Checks.oneOf(
        container.child("terminationMessagePolicy"),
        Set.of("FallbackToLogsOnError", "File"),
        problems);
    var context = container.child("securityContext");
    Checks.id(context.child("runAsUser"), problems);
    Checks.id(context.child("runAsGroup"), problems);
    var escalation = context.child("allowPrivilegeEscalation");
    if (context.child("privileged").flag() && escalation.present() && !escalation.flag()) {
      problems.invalid(
          context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
    }
  }

  private static void checkImage(Field image, Problems problems) {
    if (Checks.required(image, problems) && !image.text().equals(image.text().strip())) {
      problems.invalid(image, "must not have leading or trailing whitespace");
    }
  }

  private static void checkEnvironment(Field variables, Problems problems) {
    for (var variable : variables.items()) {
      var name = variable.child("name");
      if (Checks.required(name, problems) && !ENVIRONMENT_NAME.matcher(name.text()).matches()) {
        problems.invalid(
            name,
            "a valid environment variable name must consist only of printable ASCII characters"
                + " other than '='");
      }
      var source = variable.child("valueFrom");
      if (source.present()) {
        if (!variable.child("value").text().isEmpty()) {
          problems.invalid(source, "may not be specified when `value` is not empty");
        }
        if (source.value().size() != 1) {
          problems.invalid(source, "must specify exactly one source of the value");
        }
      }
    }
  }

  private static Set<String> checkDevices(
      Field container, Map<String, Field> volumes, Problems problems) {
    var paths = new HashSet<String>();
    var names = new HashSet<String>();
    for (var device : container.child("volumeDevices").items()) {
      var name = device.child("name");
      if (Checks.required(name, problems)) {
        var volume = volumes.get(name.text());
        if (volume == null) {
          problems.notFound(name);
        } else if (volume.child("persistentVolumeClaim").absent()
            && volume.child("ephemeral").absent()) {
          problems.invalid(
              name,
              "can only use volume source type of PersistentVolumeClaim or Ephemeral for block"
                  + " mode");
        }
        if (!names.add(name.text())) {
          problems.invalid(name, "must be unique");
        }
      }
      var path = device.child("devicePath");
      if (Checks.required(path, problems)) {
        if (!paths.add(path.text())) {
          problems.invalid(path, "must be unique");
        }
        Checks.noBacksteps(path, problems);
      }
    }
    return paths;
  }

  private static void checkMounts(
      Field container, Map<String, Field> volumes, Set<String> devicePaths, Problems problems) {
    var paths = new HashSet<String>();
    var devices = container.child("volumeDevices").items();
    for (var mount : container.child("volumeMounts").items()) {
      var name = mount.child("name");
      if (Checks.required(name, problems)) {
        if (!volumes.containsKey(name.text())) {
          problems.notFound(name);
        }
        if (devices.stream().anyMatch(d -> d.child("name").text().equals(name.text()))) {
          problems.invalid(name, "must not already exist in volumeDevices");
        }
      }
      var path = mount.child("mountPath");
      if (Checks.required(path, problems)) {
        if (!paths.add(path.text())) {
          problems.invalid(path, "must be unique");
        }
        if (devicePaths.contains(path.text())) {
          problems.invalid(path, "must not already exist as a path in volumeDevices");
        }
      }
      checkSubPath(mount, problems);
      checkPropagation(container, mount.child("mountPropagation"), problems);
      checkRecursiveReadOnly(mount, problems);
    }
  }

  private static void checkSubPath(Field mount, Problems problems) {
    PodVolumeRules.checkRelative(mount.child("subPath"), problems);
    PodVolumeRules.checkRelative(mount.child("subPathExpr"), problems);
    if (!mount.child("subPath").text().isEmpty() && !mount.child("subPathExpr").text().isEmpty()) {
      problems.invalid(
          mount.child("subPathExpr"), "subPathExpr and subPath are mutually exclusive");
    }
  }

  private static void checkPropagation(Field container, Field propagation, Problems problems) {
    Checks.oneOf(propagation, Set.of("Bidirectional", "HostToContainer", "None"), problems);
    if (propagation.text().equals("Bidirectional")
        && !container.at("securityContext", "privileged").flag()) {
      problems.forbidden(
          propagation,
          "Bidirectional mount propagation is available only to privileged containers");
    }
  }

  private static void checkRecursiveReadOnly(Field mount, Problems problems) {
    var recursive = mount.child("recursiveReadOnly");
    Checks.oneOf(recursive, Set.of("Disabled", "Enabled", "IfPossible"), problems);
    if (recursive.absent() || recursive.text().equals("Disabled")) {
      return;
    }
    if (!mount.child("readOnly").flag()) {
      problems.forbidden(recursive, "may only be specified when readOnly is true");
    }
    var propagation = mount.child("mountPropagation").text();
    if (!propagation.isEmpty() && !propagation.equals("None")) {
      problems.forbidden(
          recursive, "may only be specified when mountPropagation is None or not specified");
    }
  }

  private static void checkResources(Field resources, Problems problems) {
    var limits = resources.child("limits");
    var requests = resources.child("requests");
    for (var amounts : List.of(limits, requests)) {
      for (var amount : amounts.entries()) {
        var name = amount.name();
        var known = RESOURCES.contains(name) || name.startsWith("hugepages-");
        if (!known && !(name.contains("/") && Syntax.isQualifiedName(name))) {
          problems.invalid(amount, name, "must be a standard resource type or fully qualified");
        }
      }
      Checks.notNegativeQuantities(amounts, problems);
    }
    for (var request : requests.entries()) {
      var limit = limits.key(request.name());
      if (limit.present() && Checks.quantity(request).compareTo(Checks.quantity(limit)) > 0) {
        problems.invalid(
            requests,
            request.text(),
            "must be less than or equal to %s limit of %s".formatted(request.name(), limit.text()));
      }
    }
  }

  private static void checkProbe(Field probe, boolean succeedsOnce, Problems problems) {
    if (probe.absent()) {
      return;
    }
    checkHandler(probe, List.of("exec", "httpGet", "tcpSocket", "grpc"), problems);
    for (var member :
        List.of(
            "initialDelaySeconds",
            "timeoutSeconds",
            "periodSeconds",
            "successThreshold",
            "failureThreshold")) {
      Checks.notNegative(probe.child(member), problems);
    }
    if (succeedsOnce && probe.child("successThreshold").number(1) != 1) {
      problems.invalid(probe.child("successThreshold"), "must be 1");
    }
  }

  private static void checkHandler(Field handler, List<String> kinds, Problems problems) {
    var found = 0;
    for (var kind : kinds) {
      var action = handler.child(kind);
      if (action.absent()) {
        continue;
      }
      found++;
      if (found > 1) {
        problems.forbidden(action, "may not specify more than 1 handler type");
        continue;
      }
      switch (kind) {
        case "exec" -> {
          if (action.child("command").value().isEmpty()) {
            problems.required(action.child("command"), "");
          }
        }
        case "httpGet", "tcpSocket", "grpc" -> Checks.required(action.child("port"), problems);
        default -> {}
      }
    }
    if (found == 0) {
      problems.required(handler, "must specify a handler type");
    }
  }
}
