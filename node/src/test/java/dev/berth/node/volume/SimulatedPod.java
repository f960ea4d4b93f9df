package dev.berth.node.volume;

import dev.berth.node.plugin.EmptyDirs;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.plugin.VolumeSource;
import dev.berth.node.runtime.PodRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** A pod of the simulated API. */
final class SimulatedPod {
  final PodRef ref;
  final List<String> volumes;
  final boolean scratch;
  boolean deleted;
  boolean released;

  SimulatedPod(PodRef ref, List<String> volumes, boolean scratch) {
    this.ref = ref;
    this.volumes = volumes;
    this.scratch = scratch;
  }

  /** What the server is told of it. */
  VolumeEvent demand(SimulatedObjects objects) {
    if (released) {
      return new VolumeEvent.Released(ref.uid());
    }
    return new VolumeEvent.Demanded(deleted ? new PodDemand.Holds(ref) : wants(objects));
  }

  /** What it wants of volumes as they are now. */
  PodDemand.Wants wants(SimulatedObjects objects) {
    var wanted = new ArrayList<PodVolume>();
    for (var name : volumes) {
      var volume = objects.view(name);
      wanted.add(
          new PodVolume(
              ref,
              name,
              LocalVolumes.id(name),
              name,
              new VolumeSource.Local(
                  name, volume.metadata().uid(), objects.path(name), "ext4", 1, List.of(), false),
              false,
              Optional.empty()));
    }
    if (scratch) {
      wanted.add(
          new PodVolume(
              ref,
              "scratch",
              new VolumeId(EmptyDirs.NAME, ref.uid() + "-scratch"),
              "scratch",
              new VolumeSource.EmptyDir(false, OptionalLong.empty()),
              false,
              Optional.empty()));
    }
    return new PodDemand.Wants(ref, wanted, List.of());
  }
}
