/** How is the server set up? Every setting, its default, and where a mistake in it lies. */
@NullMarked
package dev.berth.bin.config;

import org.jspecify.annotations.NullMarked;
