package dev.berth.node.linux;

/**
 * How a file becomes a loop device.
 *
 * @param sectorBytes logical sector size: 512, 1024, 2048 or 4096
 * @param directIo whether the loop device goes past the page cache of the file
 * @param readOnly refuse writes
 * @param name at most 63 bytes, shown by losetup; usually the file's path
 */
public record LoopSetup(int sectorBytes, boolean directIo, boolean readOnly, String name) {}
