/**
 * The kernel and other programs: the only room with native calls and child processes. What cannot
 * hang is called directly ({@link dev.berth.node.linux.Syscalls}); what can hang runs in a child
 * process ({@link dev.berth.node.linux.ChildProcesses}), because a thread stuck in the kernel can
 * never be taken back and would keep this whole process from ending.
 */
@NullMarked
package dev.berth.node.linux;

import org.jspecify.annotations.NullMarked;
