/** What must hold for an object of a kind? Defaults, validation, what may change. */
@NullMarked
package dev.berth.core.registry.rules;

import org.jspecify.annotations.NullMarked;
