/**
 * Which fields does a kind have, of which types, and how do lists merge? What is needed to check
 * and normalise documents, to apply strategic patches, and to describe the API to its clients.
 */
@NullMarked
package dev.berth.core.model.schema;

import org.jspecify.annotations.NullMarked;
