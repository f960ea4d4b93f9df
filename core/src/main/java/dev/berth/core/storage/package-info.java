/** Where are objects kept? The versioned store that everything is decided on, as a port. */
@NullMarked
package dev.berth.core.storage;

import org.jspecify.annotations.NullMarked;
