/** How is a document changed in part? JSON patch, merge patch, strategic merge patch. */
@NullMarked
package dev.berth.core.registry.patch;

import org.jspecify.annotations.NullMarked;
