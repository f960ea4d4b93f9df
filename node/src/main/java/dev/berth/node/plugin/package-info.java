/**
 * The kinds of volumes, one file each behind {@link dev.berth.node.plugin.VolumePlugin}: how each
 * is prepared once for the node, shown to a pod, compared with what it should be, and taken away.
 */
@NullMarked
package dev.berth.node.plugin;

import org.jspecify.annotations.NullMarked;
