package dev.berth.core.model;

import org.jspecify.annotations.Nullable;

/**
 * How much the pods that name it matter.
 *
 * @param value the higher, the more
 * @param globalDefault whether pods without a class get this one
 * @param preemptionPolicy whether its pods may take the place of others: PreemptLowerPriority or
 *     Never
 */
public record PriorityClass(
    ObjectMeta metadata, int value, boolean globalDefault, @Nullable String preemptionPolicy)
    implements ApiObject {

  public PriorityClass {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
  }
}
