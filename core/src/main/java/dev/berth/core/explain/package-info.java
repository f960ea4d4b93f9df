/**
 * Why an object waits, or has what it has, candidate by candidate, and the smallest change that
 * would help. The rules are those that decide: {@link dev.berth.core.schedule.PodScheduler#verdicts
 * the scheduler's} for nodes, {@link dev.berth.core.binding.VolumeVerdict the binder's} for
 * volumes.
 */
@NullMarked
package dev.berth.core.explain;

import org.jspecify.annotations.NullMarked;
