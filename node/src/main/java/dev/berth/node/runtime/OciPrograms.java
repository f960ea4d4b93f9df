package dev.berth.node.runtime;

import java.nio.file.Path;

/**
 * The programs that run containers here, proven to work.
 *
 * @param runtime runc or crun, absolute
 * @param name which of them, with its version: for the node's status
 * @param monitor conmon, absolute
 */
record OciPrograms(Path runtime, String name, Path monitor) {}
