package dev.berth.core.registry;

import dev.berth.core.storage.StoredObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of a list.
 *
 * @param revision of the whole list
 * @param continueToken for the next page, null on the last one
 * @param remaining how many objects follow after this page; null when unknown (with selectors) or
 *     none
 */
public record ResourcePage(
    long revision,
    List<StoredObject> objects,
    @Nullable String continueToken,
    @Nullable Long remaining) {}
