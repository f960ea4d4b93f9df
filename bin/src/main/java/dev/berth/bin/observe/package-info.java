/** What does the process tell of itself? Its log and its metrics. */
@NullMarked
package dev.berth.bin.observe;

import org.jspecify.annotations.NullMarked;
