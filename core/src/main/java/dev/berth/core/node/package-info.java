/**
 * How is the inside of a container reached? The port between those who are asked from outside (exec
 * and logs over HTTP) and the node that runs the container; neither knows the other.
 */
@NullMarked
package dev.berth.core.node;

import org.jspecify.annotations.NullMarked;
