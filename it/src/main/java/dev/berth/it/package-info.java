/** Does the packaged process do what was promised? Stories, faults and bad input, for real. */
@NullMarked
package dev.berth.it;

import org.jspecify.annotations.NullMarked;
