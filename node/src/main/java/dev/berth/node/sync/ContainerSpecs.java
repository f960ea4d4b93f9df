package dev.berth.node.sync;

import dev.berth.core.model.Container;
import dev.berth.core.model.Json;
import dev.berth.node.config.ContainerEnvironment;
import dev.berth.node.runtime.ContainerDevice;
import dev.berth.node.runtime.ContainerMount;
import dev.berth.node.runtime.ContainerProcess;
import dev.berth.node.runtime.ContainerResources;
import dev.berth.node.runtime.ContainerSecurity;
import dev.berth.node.runtime.ContainerSpec;
import dev.berth.node.runtime.TerminationMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What the runtime is told to run for a container of a pod. */
final class ContainerSpecs {
  private static final int GUARANTEED_OOM = -997;
  private static final int BEST_EFFORT_OOM = 1000;
  private static final long MILLIS_PER_CPU = 1000;

  private final PodObject pod;
  private final Container container;
  private final JsonNode document;
  private final Map<String, String> env;
  private final long nodeMemoryBytes;

  private ContainerSpecs(
      PodObject pod,
      Container container,
      JsonNode document,
      Map<String, String> env,
      long nodeMemoryBytes) {
    this.pod = pod;
    this.container = container;
    this.document = document;
    this.env = env;
    this.nodeMemoryBytes = nodeMemoryBytes;
  }

  /**
   * @param env the container's variables, as they are now
   * @param mounts the container's volumes, where they are now
   * @param devices its raw volumes, where they are now
   * @param nodeMemoryBytes the node's memory, by which a container's share is measured
   */
  static ContainerSpec of(
      PodObject pod,
      Container container,
      int attempt,
      Map<String, String> env,
      List<ContainerMount> mounts,
      List<ContainerDevice> devices,
      long nodeMemoryBytes) {
    var document = document(pod, container.name());
    var specs = new ContainerSpecs(pod, container, document, env, nodeMemoryBytes);
    return new ContainerSpec(
        pod.ref(),
        container.name(),
        attempt,
        container.image(),
        specs.process(),
        specs.hostname(),
        specs.hosts(),
        mounts,
        devices,
        specs.resources(),
        specs.security(),
        specs.terminationMessage(),
        Duration.ofSeconds(pod.graceSeconds()));
  }

  /** Everything that the client sent about the container. */
  static JsonNode document(PodObject pod, String name) {
    for (var list : List.of("containers", "initContainers")) {
      for (var container : Json.at(pod.document(), "spec", list)) {
        if (Json.text(container, "name").equals(name)) {
          return container;
        }
      }
    }
    throw new IllegalArgumentException("no container " + name + " in pod " + pod.ref());
  }

  private ContainerProcess process() {
    return new ContainerProcess(
        expand(container.command(), env),
        expand(container.args(), env),
        env,
        container.workingDir(),
        container.stdin(),
        container.tty());
  }

  private static List<String> expand(List<String> words, Map<String, String> env) {
    return words.stream().map(word -> ContainerEnvironment.expand(word, env)).toList();
  }

  private String hostname() {
    var own = Json.text(pod.document(), "spec", "hostname");
    return own.isEmpty() ? pod.pod().metadata().name() : own;
  }

  private List<String> hosts() {
    var lines = new ArrayList<String>();
    for (var alias : Json.at(pod.document(), "spec", "hostAliases")) {
      var line = new StringBuilder(Json.text(alias, "ip"));
      for (var name : alias.path("hostnames")) {
        line.append(' ').append(name.stringValue(""));
      }
      lines.add(line.toString());
    }
    return lines;
  }

  private ContainerResources resources() {
    var limits = container.resources().limits();
    var requests = container.resources().requests();
    var memoryLimit = limits.get("memory");
    var cpuLimit = limits.get("cpu");
    var memory = requests.getOrDefault("memory", memoryLimit);
    var cpu = requests.getOrDefault("cpu", cpuLimit);
    var memoryRequest = memory == null ? 0 : memory.ceiling();
    return new ContainerResources(
        memoryLimit == null ? 0 : memoryLimit.ceiling(),
        cpuLimit == null ? 0 : cpuLimit.millis(),
        cpu == null ? 0 : cpu.millis(),
        oomScoreAdjust(memoryRequest));
  }

  /** Who asked for more memory is killed later; who asked for nothing first. */
  private int oomScoreAdjust(long memoryRequest) {
    return switch (qualityOfService()) {
      case "Guaranteed" -> GUARANTEED_OOM;
      case "BestEffort" -> BEST_EFFORT_OOM;
      default -> {
        var share = Math.ceilDiv(MILLIS_PER_CPU * memoryRequest, Math.max(1, nodeMemoryBytes));
        yield Math.clamp(BEST_EFFORT_OOM - share, 2, 999);
      }
    };
  }

  /**
   * Guaranteed: every container has equal limits and requests of both; BestEffort: none has any.
   */
  private String qualityOfService() {
    var any = false;
    var all = true;
    for (var each : pod.pod().spec().containers()) {
      var limits = each.resources().limits();
      var requests = each.resources().requests();
      any |= !limits.isEmpty() || !requests.isEmpty();
      for (var resource : List.of("cpu", "memory")) {
        var limit = limits.get(resource);
        var request = requests.getOrDefault(resource, limit);
        all &= limit != null && request != null && limit.equals(request);
      }
    }
    return any ? (all ? "Guaranteed" : "Burstable") : "BestEffort";
  }

  private ContainerSecurity security() {
    var own = document.path("securityContext");
    var shared = Json.at(pod.document(), "spec", "securityContext");
    var spec = pod.document().path("spec");
    return new ContainerSecurity(
        number(own, shared, "runAsUser"),
        number(own, shared, "runAsGroup"),
        groups(shared),
        flag(own, "runAsNonRoot", flag(shared, "runAsNonRoot", false)),
        flag(own, "privileged", false),
        flag(own, "readOnlyRootFilesystem", false),
        flag(own, "allowPrivilegeEscalation", true),
        texts(Json.at(own, "capabilities", "add")),
        texts(Json.at(own, "capabilities", "drop")),
        flag(spec, "hostPID", false),
        flag(spec, "hostIPC", false));
  }

  private static List<Long> groups(JsonNode shared) {
    var groups = new ArrayList<Long>();
    for (var group : shared.path("supplementalGroups")) {
      groups.add(group.longValue());
    }
    if (shared.path("fsGroup").isNumber()) {
      groups.add(shared.path("fsGroup").longValue());
    }
    return groups;
  }

  private static @Nullable Long number(JsonNode own, JsonNode shared, String name) {
    var value = own.path(name).isNumber() ? own.path(name) : shared.path(name);
    return value.isNumber() ? Long.valueOf(value.longValue()) : null;
  }

  private static boolean flag(JsonNode node, String name, boolean absent) {
    return node.path(name).booleanValue(absent);
  }

  private static List<String> texts(JsonNode list) {
    var texts = new ArrayList<String>();
    list.forEach(item -> texts.add(item.stringValue("")));
    return texts;
  }

  private TerminationMessage terminationMessage() {
    var path = Json.text(document, "terminationMessagePath");
    var policy = Json.text(document, "terminationMessagePolicy");
    return new TerminationMessage(
        path.isEmpty() ? TerminationMessage.DEFAULT.path() : path,
        policy.equals("FallbackToLogsOnError"));
  }
}
