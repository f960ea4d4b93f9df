/** What else must be kept true? Protection, owners, namespaces, nodes. */
@NullMarked
package dev.berth.core.lifecycle;

import org.jspecify.annotations.NullMarked;
