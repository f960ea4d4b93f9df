package dev.berth.core.registry;

import org.jspecify.annotations.Nullable;

/**
 * What to list, in the words of the request.
 *
 * @param limit most objects of a page, 0 for all
 * @param continueToken of the page before
 * @param resourceVersion at which, or not older than which, to read; null for the newest
 * @param resourceVersionMatch Exact or NotOlderThan, null for the default
 */
public record ListOptions(
    @Nullable String labelSelector,
    @Nullable String fieldSelector,
    int limit,
    @Nullable String continueToken,
    @Nullable String resourceVersion,
    @Nullable String resourceVersionMatch) {

  public static final ListOptions ALL = new ListOptions(null, null, 0, null, null, null);
}
