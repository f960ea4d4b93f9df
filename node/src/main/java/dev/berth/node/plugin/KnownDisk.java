package dev.berth.node.plugin;

import dev.berth.node.disk.DeviceIdentity;

/**
 * What this node remembers of the disk of a volume, from its first mount on.
 *
 * @param uid of the PersistentVolume
 * @param path where it was
 * @param fsUuid the UUID of its file system, empty when pods get it as a raw device
 * @param clean whether it was unmounted by this node and not mounted since
 */
record KnownDisk(String uid, String path, DeviceIdentity device, String fsUuid, boolean clean) {}
