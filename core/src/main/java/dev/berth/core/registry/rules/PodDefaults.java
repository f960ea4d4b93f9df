package dev.berth.core.registry.rules;

import dev.berth.core.model.Json;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What a pod is given where it does not say. */
final class PodDefaults {

  /** For how long a pod stays on a node that is in trouble. */
  private static final int TOLERATED_SECONDS = 300;

  /** Of files that are made from objects: 0644. */
  private static final int FILE_MODE = 420;

  private static final int TOKEN_SECONDS = 3600;

  private PodDefaults() {}

  static void set(ObjectNode spec) {
    Defaults.put(spec, "restartPolicy", "Always");
    Defaults.put(spec, "terminationGracePeriodSeconds", PodRules.GRACE_SECONDS);
    Defaults.put(spec, "dnsPolicy", "ClusterFirst");
    Defaults.putObject(spec, "securityContext");
    Defaults.put(spec, "schedulerName", "default-scheduler");
    Defaults.put(spec, "enableServiceLinks", true);
    for (var volume : spec.path("volumes")) {
      if (volume instanceof ObjectNode object) {
        setVolume(object);
      }
    }
    var hostNetwork = spec.path("hostNetwork").booleanValue(false);
    for (var member : List.of("initContainers", "containers", "ephemeralContainers")) {
      for (var container : spec.path(member)) {
        if (container instanceof ObjectNode object) {
          setContainer(object, hostNetwork);
        }
      }
    }
  }

  /**
   * Whatever is wrong with a node must not last for ever: that decides where a pod is tolerated.
   */
  static void tolerateTroubledNodes(ObjectNode spec) {
    for (var trouble : List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")) {
      if (!tolerated(spec.path("tolerations"), trouble)) {
        spec.withArray("tolerations")
            .addObject()
            .put("key", trouble)
            .put("operator", "Exists")
            .put("effect", "NoExecute")
            .put("tolerationSeconds", TOLERATED_SECONDS);
      }
    }
  }

  private static boolean tolerated(JsonNode tolerations, String key) {
    for (var toleration : tolerations) {
      var sameKey = List.of(key, "").contains(Json.text(toleration, "key"));
      if (sameKey && List.of("NoExecute", "").contains(Json.text(toleration, "effect"))) {
        return true;
      }
    }
    return false;
  }

  private static void setVolume(ObjectNode volume) {
    if (volume.size() == 1 && volume.has("name")) {
      volume.putObject("emptyDir");
    }
    for (var source : volume.properties()) {
      if (!(source.getValue() instanceof ObjectNode object)) {
        continue;
      }
      switch (source.getKey()) {
        case "hostPath" -> Defaults.put(object, "type", "");
        case "secret", "configMap" -> Defaults.put(object, "defaultMode", FILE_MODE);
        case "downwardAPI" -> {
          Defaults.put(object, "defaultMode", FILE_MODE);
          setFieldRefs(object.path("items"));
        }
        case "projected" -> setProjected(object);
        case "ephemeral" -> {
          if (Json.at(object, "volumeClaimTemplate", "spec") instanceof ObjectNode spec) {
            ClaimRules.setSpecDefaults(spec);
          }
        }
        default -> {}
      }
    }
  }

  private static void setProjected(ObjectNode projected) {
    Defaults.put(projected, "defaultMode", FILE_MODE);
    for (var source : projected.path("sources")) {
      setFieldRefs(Json.at(source, "downwardAPI", "items"));
      if (source.path("serviceAccountToken") instanceof ObjectNode token) {
        Defaults.put(token, "expirationSeconds", TOKEN_SECONDS);
      }
    }
  }

  private static void setFieldRefs(JsonNode holders) {
    for (var holder : holders) {
      if (holder.path("fieldRef") instanceof ObjectNode reference) {
        Defaults.put(reference, "apiVersion", "v1");
      }
    }
  }

  private static void setContainer(ObjectNode container, boolean hostNetwork) {
    Defaults.put(container, "terminationMessagePath", "/dev/termination-log");
    Defaults.put(container, "terminationMessagePolicy", "File");
    Defaults.put(container, "imagePullPolicy", pullPolicy(Json.text(container, "image")));
    Defaults.putObject(container, "resources");
    if (container.path("resources") instanceof ObjectNode resources) {
      setRequests(resources);
    }
    for (var variable : container.path("env")) {
      if (Json.at(variable, "valueFrom", "fieldRef") instanceof ObjectNode reference) {
        Defaults.put(reference, "apiVersion", "v1");
      }
    }
    for (var port : container.path("ports")) {
      if (port instanceof ObjectNode object) {
        Defaults.put(object, "protocol", "TCP");
        if (hostNetwork && object.path("containerPort").isInt()) {
          Defaults.put(object, "hostPort", object.path("containerPort").intValue());
        }
      }
    }
    for (var member : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
      if (container.path(member) instanceof ObjectNode probe) {
        setProbe(probe);
      }
    }
    for (var member : List.of("postStart", "preStop")) {
      setHandler(Json.at(container, "lifecycle", member));
    }
  }

  /** A tag that may move, or none at all, is looked up every time. */
  private static String pullPolicy(String image) {
    var name = image.substring(image.lastIndexOf('/') + 1);
    var at = name.indexOf('@');
    if (at >= 0) {
      return "IfNotPresent";
    }
    var colon = name.indexOf(':');
    return colon < 0 || name.substring(colon).equals(":latest") ? "Always" : "IfNotPresent";
  }

  private static void setRequests(ObjectNode resources) {
    if (resources.get("limits") instanceof ObjectNode limits && !limits.isEmpty()) {
      var requests = resources.withObject("requests");
      for (var limit : limits.properties()) {
        if (!requests.has(limit.getKey())) {
          requests.set(limit.getKey(), limit.getValue());
        }
      }
    }
  }

  private static void setProbe(ObjectNode probe) {
    Defaults.put(probe, "timeoutSeconds", 1);
    Defaults.put(probe, "periodSeconds", 10);
    Defaults.put(probe, "successThreshold", 1);
    Defaults.put(probe, "failureThreshold", 3);
    setHandler(probe);
    if (probe.path("grpc") instanceof ObjectNode grpc) {
      Defaults.put(grpc, "service", "");
    }
  }

  private static void setHandler(JsonNode handler) {
    if (handler.path("httpGet") instanceof ObjectNode get) {
      Defaults.put(get, "path", "/");
      Defaults.put(get, "scheme", "HTTP");
    }
  }

  /** How much of what it asks for the pod is sure to get: what is taken from others first. */
  static String qosClass(JsonNode spec) {
    var any = false;
    var guaranteed = true;
    for (var member : List.of("initContainers", "containers")) {
      for (var container : spec.path(member)) {
        var limits = Json.at(container, "resources", "limits");
        var requests = Json.at(container, "resources", "requests");
        for (var resource : List.of("cpu", "memory")) {
          any |= limits.has(resource) || requests.has(resource);
          guaranteed &=
              limits.has(resource) && limits.path(resource).equals(requests.path(resource));
        }
      }
    }
    if (!any) {
      return "BestEffort";
    }
    return guaranteed ? "Guaranteed" : "Burstable";
  }
}
