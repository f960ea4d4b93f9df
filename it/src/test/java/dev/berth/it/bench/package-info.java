/** How fast is it? Benchmarks, each with the bare thing beside it, in the same run. */
@NullMarked
package dev.berth.it.bench;

import org.jspecify.annotations.NullMarked;
