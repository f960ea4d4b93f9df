package dev.berth.node.runtime;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who a container's process is and what it may do: the pod's and the container's securityContext
 * already merged.
 *
 * @param runAsUser null for the image's own user (root)
 * @param runAsGroup null for the user's own group, or root
 * @param supplementalGroups further groups, the pod's fsGroup among them
 * @param runAsNonRoot refuse to start as user 0
 * @param privileged all capabilities, all devices, writable /sys
 * @param readOnlyRootFilesystem nothing outside of mounts can be written
 * @param allowPrivilegeEscalation whether set-uid programs have their effect
 * @param addCapabilities names without CAP_, or ALL
 * @param dropCapabilities names without CAP_, or ALL; dropping comes before adding
 * @param hostPid sees and is seen by the host's processes
 * @param hostIpc shares System V IPC, POSIX queues and /dev/shm with the host
 */
public record ContainerSecurity(
    @Nullable Long runAsUser,
    @Nullable Long runAsGroup,
    List<Long> supplementalGroups,
    boolean runAsNonRoot,
    boolean privileged,
    boolean readOnlyRootFilesystem,
    boolean allowPrivilegeEscalation,
    List<String> addCapabilities,
    List<String> dropCapabilities,
    boolean hostPid,
    boolean hostIpc) {

  /** What a pod without any securityContext gets. */
  public static final ContainerSecurity DEFAULT =
      new ContainerSecurity(
          null, null, List.of(), false, false, false, true, List.of(), List.of(), false, false);

  public ContainerSecurity {
    supplementalGroups = List.copyOf(supplementalGroups);
    addCapabilities = List.copyOf(addCapabilities);
    dropCapabilities = List.copyOf(dropCapabilities);
  }
}
