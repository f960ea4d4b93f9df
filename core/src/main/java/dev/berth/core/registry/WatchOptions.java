package dev.berth.core.registry;

import org.jspecify.annotations.Nullable;

/**
 * What to follow, in the words of the request.
 *
 * @param resourceVersion after which; null or "0": the present objects as ADDED first
 */
public record WatchOptions(
    @Nullable String labelSelector,
    @Nullable String fieldSelector,
    @Nullable String resourceVersion) {

  public static final WatchOptions ALL = new WatchOptions(null, null, null);
}
