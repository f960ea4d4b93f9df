@NullMarked
package dev.berth.core;

import org.jspecify.annotations.NullMarked;
