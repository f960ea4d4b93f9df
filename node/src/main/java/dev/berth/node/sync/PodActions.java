package dev.berth.node.sync;

import dev.berth.core.model.Container;
import dev.berth.core.model.Event;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.core.registry.Rejection;
import dev.berth.node.config.ContainerEnvironment;
import dev.berth.node.config.FilesOfPod;
import dev.berth.node.config.MissingConfig;
import dev.berth.node.disk.SafeRemoval;
import dev.berth.node.plugin.Problem;
import dev.berth.node.runtime.ContainerDevice;
import dev.berth.node.runtime.ContainerFailure;
import dev.berth.node.runtime.ContainerId;
import dev.berth.node.runtime.ContainerMount;
import dev.berth.node.volume.VolumeFailure;
import dev.berth.node.volume.VolumeReadiness;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what is decided for a pod, on threads that may wait. */
final class PodActions {
  private static final Logger LOG = LoggerFactory.getLogger(PodActions.class);

  /** As waiting containers show that a setting or secret is missing. */
  static final String CONFIG_ERROR = "CreateContainerConfigError";

  private final PodTools tools;

  PodActions(PodTools tools) {
    this.tools = tools;
  }

  /** An action could not be done; the reason is what waiting containers show. */
  static final class Failed extends Exception {
    private final String reason;

    Failed(String reason, String message) {
      super(message);
      this.reason = reason;
    }

    String reason() {
      return reason;
    }
  }

  /** Starts a container, after a last look at its volumes. */
  void start(PodObject pod, PodAction.Start start, Restarts restarts)
      throws Failed, InterruptedException {
    var problem = tools.volumes().verify(pod.ref().uid());
    if (problem.isPresent()) {
      throw failed(pod, problem.get());
    }
    var container = container(pod, start.container());
    var env = environment(pod, container);
    var spec =
        ContainerSpecs.of(
            pod,
            container,
            start.attempt(),
            env,
            mounts(pod, container, env),
            devices(pod, container),
            tools.nodeMemoryBytes());
    restarts.begins(start.container(), start.attempt());
    try {
      tools.runtime().start(spec);
    } catch (ContainerFailure e) {
      restarts.failed(start.container());
      event(pod, Event.WARNING, "Failed", "container %s: ".formatted(start.container()), e);
      throw new Failed(e.reason().text(), String.valueOf(e.getMessage()));
    }
    event(pod, Event.NORMAL, "Started", "Started container " + start.container());
  }

  private Map<String, String> environment(PodObject pod, Container container) throws Failed {
    try {
      return ContainerEnvironment.of(
          pod.document(),
          ContainerSpecs.document(pod, container.name()),
          tools.config(),
          tools.surroundings());
    } catch (MissingConfig e) {
      event(
          pod, Event.WARNING, "Failed", "container %s: %s".formatted(container.name(), e.reason()));
      throw new Failed(CONFIG_ERROR, e.reason());
    }
  }

  private static Container container(PodObject pod, String name) {
    return Stream.concat(
            pod.pod().spec().initContainers().stream(), pod.pod().spec().containers().stream())
        .filter(container -> container.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private List<ContainerMount> mounts(PodObject pod, Container container, Map<String, String> env)
      throws Failed, InterruptedException {
    var mounts = new ArrayList<ContainerMount>();
    for (var i = 0; i < container.volumeMounts().size(); i++) {
      var mount = container.volumeMounts().get(i);
      var source = source(pod, container, mount, i, subPath(pod, container, mount, env));
      var recursive = mount.recursiveReadOnly();
      mounts.add(
          new ContainerMount(
              source,
              mount.mountPath().startsWith("/") ? mount.mountPath() : "/" + mount.mountPath(),
              mount.readOnly() || readOnly(pod, mount.name()),
              propagation(pod, mount, source),
              recursive != null && !recursive.equals("Disabled")));
    }
    return mounts;
  }

  private List<ContainerDevice> devices(PodObject pod, Container container) throws Failed {
    var devices = new ArrayList<ContainerDevice>();
    for (var device : container.volumeDevices()) {
      devices.add(
          new ContainerDevice(
              path(paths(pod), device.name()),
              device.devicePath().startsWith("/") ? device.devicePath() : "/" + device.devicePath(),
              readOnly(pod, device.name()),
              OptionalLong.of(group(pod, container))));
    }
    return devices;
  }

  /** The group that the container's processes have: who is not root uses the device by it. */
  private static long group(PodObject pod, Container container) {
    var shared = pod.pod().spec().securityContext();
    var own = container.securityContext();
    if (shared != null && shared.fsGroup() != null) {
      return shared.fsGroup();
    }
    if (own != null && own.runAsGroup() != null) {
      return own.runAsGroup();
    }
    return shared != null && shared.runAsGroup() != null ? shared.runAsGroup() : 0;
  }

  private Map<String, Path> paths(PodObject pod) throws Failed {
    if (tools.volumes().readiness(pod.ref().uid()) instanceof VolumeReadiness.Ready(var paths)) {
      return paths;
    }
    throw new Failed(Problem.Reason.MOUNT.text(), "the volumes are no longer ready");
  }

  private static Path path(Map<String, Path> paths, String volume) throws Failed {
    var path = paths.get(volume);
    if (path == null) {
      throw new Failed(
          Problem.Reason.MOUNT.text(), "the pod has no volume \"%s\"".formatted(volume));
    }
    return path;
  }

  private Path source(
      PodObject pod, Container container, Container.VolumeMount mount, int index, String subPath)
      throws Failed, InterruptedException {
    var path = path(paths(pod), mount.name());
    if (subPath.isEmpty()) {
      return path;
    }
    try {
      return tools
          .volumes()
          .subPath(pod.ref().uid(), mount.name(), subPath, container.name(), index);
    } catch (VolumeFailure e) {
      throw failed(pod, e.problem());
    }
  }

  /** The part of the volume that is shown, empty for all of it. */
  private String subPath(
      PodObject pod, Container container, Container.VolumeMount mount, Map<String, String> env)
      throws Failed {
    var expression = mount.subPathExpr();
    if (expression == null || expression.isEmpty()) {
      var plain = mount.subPath();
      return plain == null ? "" : plain;
    }
    var missing = ContainerEnvironment.missing(expression, env);
    var path = ContainerEnvironment.expand(expression, env);
    var wrong =
        missing.isPresent()
            ? "the container has no variable " + missing.get()
            : path.startsWith("/") || List.of(path.split("/", -1)).contains("..")
                ? "it becomes %s; expected a relative path without '..'".formatted(path)
                : "";
    if (wrong.isEmpty()) {
      return path;
    }
    var message =
        "container %s: subPathExpr %s of volume %s: %s"
            .formatted(container.name(), expression, mount.name(), wrong);
    event(pod, Event.WARNING, "Failed", message);
    throw new Failed(CONFIG_ERROR, message);
  }

  private ContainerMount.Propagation propagation(
      PodObject pod, Container.VolumeMount mount, Path source) throws Failed {
    var propagation =
        switch (mount.mountPropagation()) {
          case "HostToContainer" -> ContainerMount.Propagation.HOST_TO_CONTAINER;
          case "Bidirectional" -> ContainerMount.Propagation.BIDIRECTIONAL;
          case null, default -> ContainerMount.Propagation.NONE;
        };
    if (propagation != ContainerMount.Propagation.NONE) {
      try {
        tools.volumes().share(source, propagation == ContainerMount.Propagation.BIDIRECTIONAL);
      } catch (VolumeFailure e) {
        throw failed(pod, e.problem());
      }
    }
    return propagation;
  }

  /** Whether the pod must not write to it, or asked for it without that right. */
  private static boolean readOnly(PodObject pod, String volumeName) {
    return pod.pod().spec().volumes().stream()
        .filter(volume -> volume.name().equals(volumeName))
        .anyMatch(
            volume ->
                FilesOfPod.served(volume)
                    || (volume.ephemeral() != null && volume.ephemeral().readOnly())
                    || (volume.persistentVolumeClaim() != null
                        && volume.persistentVolumeClaim().readOnly()));
  }

  private Failed failed(PodObject pod, Problem problem) {
    event(pod, Event.WARNING, problem.reason().text(), problem.message());
    return new Failed(problem.reason().text(), problem.message());
  }

  void stop(PodObject pod, ContainerId container, Instant deadline)
      throws Failed, InterruptedException {
    var grace = Duration.between(tools.clock().instant(), deadline);
    event(pod, Event.NORMAL, "Killing", "Stopping container " + container.container());
    try {
      tools.runtime().stop(container, grace.isNegative() ? Duration.ZERO : grace);
    } catch (ContainerFailure e) {
      event(pod, Event.WARNING, "FailedKillPod", "", e);
      throw new Failed(e.reason().text(), String.valueOf(e.getMessage()));
    }
  }

  void remove(ContainerId container) throws Failed, InterruptedException {
    try {
      tools.runtime().remove(container);
    } catch (ContainerFailure e) {
      throw new Failed(e.reason().text(), String.valueOf(e.getMessage()));
    }
  }

  /** Removes everything of a pod that has neither running containers nor volumes. */
  void cleanUp(PodObject pod) throws Failed, InterruptedException {
    var uid = pod.ref().uid();
    try {
      tools.runtime().removePod(uid);
      switch (tools.removal().removeTree(tools.paths().pod(uid), SafeRemoval.Immutable.CLEAR)) {
        case SafeRemoval.Result.Removed _ -> LOG.info("pod {} is removed", pod.ref());
        case SafeRemoval.Result.StoppedAtMount(_, var message) -> throw leftOver(pod, message);
        case SafeRemoval.Result.Failed(_, var message) -> throw leftOver(pod, message);
      }
    } catch (ContainerFailure e) {
      throw leftOver(pod, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw leftOver(pod, String.valueOf(e.getMessage()));
    }
  }

  private Failed leftOver(PodObject pod, String message) {
    event(pod, Event.WARNING, "FailedCleanup", message);
    return new Failed("FailedCleanup", "the pod's directory cannot be removed: " + message);
  }

  /**
   * Removes the pod from the API.
   *
   * @return whether it is gone
   */
  boolean delete(PodObject pod) {
    var ref = pod.ref();
    try {
      var written =
          tools
              .resources()
              .delete(
                  ResourceTypes.POD,
                  ref.namespace(),
                  ref.name(),
                  new DeleteOptions(
                      0L, ref.uid(), null, DeleteOptions.DEFAULT.propagation(), false));
      return switch (written.effect()) {
        case DELETED -> true;
        case CREATED, CHANGED, UNCHANGED, DELETING -> false;
      };
    } catch (Rejection rejection) {
      if (rejection.isChangedOrGone()) {
        return true;
      }
      throw rejection;
    }
  }

  private void event(PodObject pod, String type, String reason, String message) {
    if (!pod.ref().namespace().isEmpty()) {
      tools.events().record(PodObject.reference(pod.ref()), type, reason, message);
    }
  }

  private void event(
      PodObject pod, String type, String reason, String prefix, ContainerFailure failure) {
    event(pod, type, reason, prefix + failure.getMessage());
  }
}
