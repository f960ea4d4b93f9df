/** What may happen to an object? Create, update, patch, delete, watch. */
@NullMarked
package dev.berth.core.registry;

import org.jspecify.annotations.NullMarked;
