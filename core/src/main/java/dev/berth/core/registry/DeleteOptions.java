package dev.berth.core.registry;

import org.jspecify.annotations.Nullable;

/**
 * How to delete.
 *
 * @param gracePeriodSeconds for a pod: how long it may take to stop; null for its own setting
 * @param uid when given, the object must have it
 * @param resourceVersion when given, the object must have it
 * @param propagation what becomes of the objects that it owns; null for what was said before, or
 *     else the background
 */
public record DeleteOptions(
    @Nullable Long gracePeriodSeconds,
    @Nullable String uid,
    @Nullable String resourceVersion,
    @Nullable Propagation propagation,
    boolean dryRun) {

  public enum Propagation {
    BACKGROUND,
    FOREGROUND,
    ORPHAN
  }

  public static final DeleteOptions DEFAULT = new DeleteOptions(null, null, null, null, false);
}
