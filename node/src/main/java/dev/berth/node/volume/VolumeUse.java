package dev.berth.node.volume;

import dev.berth.core.model.Container;
import dev.berth.core.model.Pod;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What a pod's containers do with its volumes, by the volumes' names in the pod.
 *
 * @param used those that any container has; the others are left alone
 * @param devices those that a container has as a device
 * @param parts those of which a container is shown a part only
 */
record VolumeUse(Set<String> used, Set<String> devices, Set<String> parts) {
  VolumeUse {
    used = Set.copyOf(used);
    devices = Set.copyOf(devices);
    parts = Set.copyOf(parts);
  }

  static VolumeUse of(Pod pod) {
    var used = new HashSet<String>();
    var devices = new HashSet<String>();
    var parts = new HashSet<String>();
    Stream.concat(pod.spec().initContainers().stream(), pod.spec().containers().stream())
        .forEach(
            container -> {
              for (var mount : container.volumeMounts()) {
                used.add(mount.name());
                if (partial(mount)) {
                  parts.add(mount.name());
                }
              }
              container.volumeDevices().forEach(device -> devices.add(device.name()));
            });
    used.addAll(devices);
    return new VolumeUse(used, devices, parts);
  }

  private static boolean partial(Container.VolumeMount mount) {
    var path = mount.subPath();
    var expression = mount.subPathExpr();
    return (path != null && !path.isEmpty()) || (expression != null && !expression.isEmpty());
  }
}
