/**
 * How is a node looked into? The ports between those who are asked from outside (exec, logs, disks
 * and usage over HTTP) and the node that has the containers and the disks; neither knows the other.
 */
@NullMarked
package dev.berth.core.node;

import org.jspecify.annotations.NullMarked;
