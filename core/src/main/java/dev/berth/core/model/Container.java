package dev.berth.core.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A process of a pod, and the directories that it sees. */
public record Container(
    String name,
    String image,
    List<String> command,
    List<String> args,
    @Nullable String workingDir,
    List<EnvVar> env,
    Resources resources,
    List<VolumeMount> volumeMounts,
    List<VolumeDevice> volumeDevices,
    @Nullable SecurityContext securityContext,
    boolean stdin,
    boolean tty,
    List<Port> ports,
    @Nullable String restartPolicy) {

  /**
   * A port that the container listens on.
   *
   * @param hostPort the port of the node that leads to it, 0 for none
   * @param hostIP the address of the node, all of them when absent
   * @param protocol TCP when absent
   */
  public record Port(
      int containerPort, int hostPort, @Nullable String hostIP, @Nullable String protocol) {}

  /** A literal value; references to other objects are resolved elsewhere. */
  public record EnvVar(String name, @Nullable String value) {}

  public record Resources(Map<String, Quantity> requests, Map<String, Quantity> limits) {
    public Resources {
      limits = limits == null ? Map.of() : Map.copyOf(limits);
      requests = requests == null ? Map.of() : Map.copyOf(requests);
    }
  }

  public record VolumeMount(
      String name,
      String mountPath,
      boolean readOnly,
      @Nullable String subPath,
      @Nullable String subPathExpr,
      @Nullable String mountPropagation,
      @Nullable String recursiveReadOnly) {}

  public record VolumeDevice(String name, String devicePath) {}

  public record SecurityContext(
      @Nullable Long runAsUser,
      @Nullable Long runAsGroup,
      boolean privileged,
      boolean readOnlyRootFilesystem,
      @Nullable Capabilities capabilities) {}

  public record Capabilities(List<String> add, List<String> drop) {
    public Capabilities {
      add = Absent.list(add);
      drop = Absent.list(drop);
    }
  }

  public Container {
    name = Absent.text(name);
    image = Absent.text(image);
    command = Absent.list(command);
    args = Absent.list(args);
    env = Absent.list(env);
    resources = resources == null ? new Resources(Map.of(), Map.of()) : resources;
    volumeMounts = Absent.list(volumeMounts);
    volumeDevices = Absent.list(volumeDevices);
    ports = Absent.list(ports);
  }

  /** Whether an init container goes on running beside the others. */
  public boolean isSidecar() {
    return "Always".equals(restartPolicy);
  }
}
