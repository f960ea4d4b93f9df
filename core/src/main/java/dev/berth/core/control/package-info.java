/** How does a controller run? Pure reconcilers, driven by one loop. */
@NullMarked
package dev.berth.core.control;

import org.jspecify.annotations.NullMarked;
