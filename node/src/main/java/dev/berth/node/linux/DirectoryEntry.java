package dev.berth.node.linux;

/**
 * One name in a directory, never "." or "..".
 *
 * @param type as the directory tells it; {@link FileType#UNKNOWN} where the file system does not
 */
public record DirectoryEntry(FileName name, FileType type) {}
