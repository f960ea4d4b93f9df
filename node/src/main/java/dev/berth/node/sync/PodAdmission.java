package dev.berth.node.sync;

import dev.berth.core.model.Json;
import dev.berth.node.config.PodFields;
import dev.berth.node.sync.PodSituation.Rejected;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whether this node can run a pod as it is written. What it cannot do it refuses, by name: nothing
 * that a user asked for is passed over in silence.
 */
final class PodAdmission {
  private static final Set<String> VOLUME_KINDS =
      Set.of(
          "persistentVolumeClaim",
          "ephemeral",
          "hostPath",
          "emptyDir",
          "nfs",
          "configMap",
          "secret",
          "downwardAPI",
          "projected");

  /** Where an emptyDir may lie: on the node's disk, or in memory. */
  private static final Set<String> MEDIA = Set.of("", "Memory");

  /** What a projected volume may be put together from. */
  private static final Set<String> PROJECTIONS = Set.of("configMap", "secret", "downwardAPI");

  /** Where the value of an environment variable may come from. */
  private static final Set<String> VALUES =
      Set.of("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef");

  /** Members of a container that would change what it does, and that nothing here carries out. */
  private static final List<String> CONTAINER_FIELDS =
      List.of(
          "lifecycle",
          "livenessProbe",
          "readinessProbe",
          "startupProbe",
          "resizePolicy",
          "restartPolicy");

  private static final List<String> CONTAINER_SECURITY =
      List.of("seLinuxOptions", "windowsOptions", "procMount", "appArmorProfile");

  private static final List<String> POD_FIELDS =
      List.of(
          "ephemeralContainers",
          "runtimeClassName",
          "readinessGates",
          "dnsConfig",
          "resourceClaims",
          "setHostnameAsFQDN",
          "shareProcessNamespace");

  private static final List<String> POD_SECURITY =
      List.of("sysctls", "seLinuxOptions", "windowsOptions", "appArmorProfile");

  private final List<String> unsupported = new ArrayList<>();

  private PodAdmission() {}

  /** Why the node does not run the pod; empty when it does. */
  static Optional<Rejected> check(ObjectNode pod) {
    var volumes = unknownVolumes(pod);
    if (volumes.isPresent()) {
      return volumes;
    }
    var admission = new PodAdmission();
    admission.volumes(Json.at(pod, "spec", "volumes"));
    admission.pod(pod.path("spec"));
    return admission.unsupported.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Rejected(
                "UnsupportedField",
                "this node cannot do what the pod asks for: %s; remove that and create the pod again"
                    .formatted(String.join(", ", admission.unsupported))));
  }

  private static Optional<Rejected> unknownVolumes(ObjectNode pod) {
    var unknown = new TreeSet<String>();
    for (var volume : Json.at(pod, "spec", "volumes")) {
      for (var member : volume.propertyNames()) {
        if (!member.equals("name") && !VOLUME_KINDS.contains(member)) {
          unknown.add("%s (%s)".formatted(Json.text(volume, "name"), member));
        }
      }
    }
    return unknown.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Rejected(
                "UnsupportedVolume",
                "this node does not serve the kind of these volumes: %s; it serves %s"
                    .formatted(
                        String.join(", ", unknown),
                        String.join(", ", new TreeSet<>(VOLUME_KINDS)))));
  }

  private void pod(JsonNode spec) {
    for (var field : POD_FIELDS) {
      refuse("spec." + field, spec.path(field));
    }
    for (var field : POD_SECURITY) {
      refuse("spec.securityContext." + field, Json.at(spec, "securityContext", field));
    }
    seccomp("spec.securityContext", spec.path("securityContext"));
    containers("spec.initContainers", spec.path("initContainers"));
    containers("spec.containers", spec.path("containers"));
  }

  private void containers(String path, JsonNode containers) {
    for (var container : containers) {
      var at = "%s[%s]".formatted(path, Json.text(container, "name"));
      for (var field : CONTAINER_FIELDS) {
        refuse(at + "." + field, container.path(field));
      }
      for (var field : CONTAINER_SECURITY) {
        refuse(at + ".securityContext." + field, Json.at(container, "securityContext", field));
      }
      seccomp(at + ".securityContext", container.path("securityContext"));
      env(at, container.path("env"));
    }
  }

  private void seccomp(String at, JsonNode security) {
    var type = Json.text(security, "seccompProfile", "type");
    if (!type.isEmpty() && !type.equals("Unconfined")) {
      unsupported.add(at + ".seccompProfile.type " + type);
    }
  }

  private void env(String at, JsonNode variables) {
    for (var variable : variables) {
      var from = variable.path("valueFrom");
      if (from.isMissingNode() || from.isNull()) {
        continue;
      }
      var where = "%s.env[%s].valueFrom".formatted(at, Json.text(variable, "name"));
      for (var kind : from.propertyNames()) {
        if (!VALUES.contains(kind)) {
          unsupported.add(where + "." + kind);
        }
      }
      var field = Json.text(from, "fieldRef", "fieldPath");
      if (!field.isEmpty() && !PodFields.known(field)) {
        unsupported.add(where + ".fieldRef " + field);
      }
      resource(where, from);
    }
  }

  private void volumes(JsonNode volumes) {
    for (var volume : volumes) {
      var at = "spec.volumes[%s]".formatted(Json.text(volume, "name"));
      var medium = Json.text(volume, "emptyDir", "medium");
      if (!MEDIA.contains(medium)) {
        unsupported.add("%s.emptyDir.medium %s".formatted(at, medium));
      }
      fields(at + ".downwardAPI", volume.path("downwardAPI"));
      for (var source : Json.at(volume, "projected", "sources")) {
        for (var kind : source.propertyNames()) {
          if (kind.equals("serviceAccountToken")) {
            unsupported.add(at + ".projected.serviceAccountToken (there are no service accounts)");
          } else if (!PROJECTIONS.contains(kind)) {
            unsupported.add(at + ".projected." + kind);
          }
        }
        fields(at + ".projected.downwardAPI", source.path("downwardAPI"));
      }
    }
  }

  private void fields(String at, JsonNode downward) {
    for (var item : downward.path("items")) {
      var field = Json.text(item, "fieldRef", "fieldPath");
      if (!field.isEmpty() && !PodFields.knownAsFile(field)) {
        unsupported.add("%s.fieldRef %s".formatted(at, field));
      }
      resource(at, item);
    }
  }

  private void resource(String at, JsonNode holder) {
    var resource = Json.text(holder, "resourceFieldRef", "resource");
    if (!resource.isEmpty() && !PodFields.knownResource(resource)) {
      unsupported.add("%s.resourceFieldRef %s".formatted(at, resource));
    }
  }

  /** Absent, empty and false ask for nothing. */
  private void refuse(String path, JsonNode value) {
    var asksNothing =
        value.isMissingNode()
            || value.isNull()
            || (value.isContainer() && value.isEmpty())
            || (value.isBoolean() && !value.booleanValue())
            || (value.isString() && value.stringValue("").isEmpty());
    if (!asksNothing) {
      unsupported.add(path);
    }
  }
}
