/** What survives: the process killed at any moment, the power cut at any moment. */
@NullMarked
package dev.berth.it.crash;

import org.jspecify.annotations.NullMarked;
