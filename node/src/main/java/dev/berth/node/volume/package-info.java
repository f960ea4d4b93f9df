/**
 * The volume manager of a node: the volumes that pods want, those that are there, and the
 * operations that turn one into the other. Apart from the pods' own loop, which it never delays.
 */
@NullMarked
package dev.berth.node.volume;

import org.jspecify.annotations.NullMarked;
