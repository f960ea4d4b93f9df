package dev.berth.node.plugin;

/**
 * What this node remembers of the image of a loop volume, before it is made and until the volume is
 * gone.
 *
 * @param volume the PersistentVolume's name
 * @param uid its uid
 * @param directory of its pool
 * @param image its name in the pool
 * @param made whether it was there once, so that it is never made again
 */
record KnownImage(String volume, String uid, String directory, String image, boolean made) {}
