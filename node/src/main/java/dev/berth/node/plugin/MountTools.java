package dev.berth.node.plugin;

import dev.berth.node.disk.MountReader;
import dev.berth.node.disk.Mounter;
import dev.berth.node.disk.SafeRemoval;
import dev.berth.node.disk.VolumeGuard;
import dev.berth.node.linux.Syscalls;

/** What plugins do to directories and mounts. */
public record MountTools(
    MountReader table,
    Mounter mounter,
    Syscalls syscalls,
    VolumeGuard guard,
    SafeRemoval removal) {}
