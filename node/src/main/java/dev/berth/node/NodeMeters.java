package dev.berth.node;

import dev.berth.core.observe.Meters;
import dev.berth.node.sync.PodMeters;
import dev.berth.node.volume.HealthMeters;
import dev.berth.node.volume.UsageMeters;
import dev.berth.node.volume.VolumeMeters;

/** What all nodes of this process count; made once. */
public record NodeMeters(
    PodMeters pods, VolumeMeters volumes, UsageMeters usage, HealthMeters health) {
  public NodeMeters(Meters meters) {
    this(
        new PodMeters(meters),
        new VolumeMeters(meters),
        new UsageMeters(meters),
        new HealthMeters(meters));
  }
}
