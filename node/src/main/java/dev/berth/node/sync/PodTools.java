package dev.berth.node.sync;

import dev.berth.core.registry.EventSink;
import dev.berth.core.registry.Resources;
import dev.berth.node.config.ConfigObjects;
import dev.berth.node.config.Surroundings;
import dev.berth.node.disk.SafeRemoval;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.plugin.VolumePaths;
import dev.berth.node.runtime.ContainerRuntime;
import dev.berth.node.volume.PodVolumes;
import java.time.InstantSource;

/**
 * What the workers of pods work with.
 *
 * @param config the settings and secrets that pods refer to
 * @param surroundings what pods may learn about the node
 * @param children what may take long, or never end, is done by them
 * @param nodeMemoryBytes the node's memory
 * @param bootId of the host's present boot
 */
public record PodTools(
    Resources resources,
    EventSink events,
    ContainerRuntime runtime,
    PodVolumes volumes,
    SafeRemoval removal,
    VolumePaths paths,
    InstantSource clock,
    ConfigObjects config,
    Surroundings surroundings,
    ChildProcesses children,
    long nodeMemoryBytes,
    String bootId) {}
