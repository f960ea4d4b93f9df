/** Which objects are meant? Label and field selectors, and what they read of a document. */
@NullMarked
package dev.berth.core.registry.select;

import org.jspecify.annotations.NullMarked;
