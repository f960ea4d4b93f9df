/** What is the process? The command line, its configuration, and what is started in which order. */
@NullMarked
package dev.berth.bin;

import org.jspecify.annotations.NullMarked;
