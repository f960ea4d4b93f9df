package dev.berth.core.storage;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of a list.
 *
 * @param revision at which the whole list is read; the next page must ask for the same
 * @param objects in the order of their keys
 * @param next the last key of this page, to go on after; null when the list is complete
 */
public record Listing(long revision, List<StoredObject> objects, @Nullable ObjectKey next) {}
