/** The decisions of the system, put together. */
@NullMarked
package dev.berth.core;

import org.jspecify.annotations.NullMarked;
