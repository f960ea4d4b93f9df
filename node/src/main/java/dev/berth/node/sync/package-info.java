/**
 * The pods of a node: a loop that hands out what happens, and a worker for each pod that starts and
 * stops its containers and writes its status. What to do is decided by functions without I/O.
 */
@NullMarked
package dev.berth.node.sync;

import org.jspecify.annotations.NullMarked;
