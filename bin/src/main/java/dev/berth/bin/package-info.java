@NullMarked
package dev.berth.bin;

import org.jspecify.annotations.NullMarked;
