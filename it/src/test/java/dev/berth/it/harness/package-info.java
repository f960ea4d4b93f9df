/** How tests start, kill and ask the packaged process, and see that nothing is left of it. */
@NullMarked
package dev.berth.it.harness;

import org.jspecify.annotations.NullMarked;
