/** How is it doing? Counters, timers and gauges that the process exposes. */
@NullMarked
package dev.berth.core.observe;

import org.jspecify.annotations.NullMarked;
