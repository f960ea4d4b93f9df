/**
 * Block devices, loop devices and file systems: what is there, whether it is proven blank, and how
 * it is formatted, checked, mounted, grown and wiped. Whatever touches a device or a file system on
 * it runs in a child process and ends in a sealed result in which "unknown" is a case of its own.
 */
@NullMarked
package dev.berth.node.disk;

import org.jspecify.annotations.NullMarked;
