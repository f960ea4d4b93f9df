/** Container runtimes: one interface, an implementation on runc or crun under conmon. */
@NullMarked
package dev.berth.node.runtime;

import org.jspecify.annotations.NullMarked;
