/** What is it? One record for each kind: a read-only view of the stored JSON. */
@NullMarked
package dev.berth.core.model;

import org.jspecify.annotations.NullMarked;
