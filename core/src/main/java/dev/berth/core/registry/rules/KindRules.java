package dev.berth.core.registry.rules;

import tools.jackson.databind.node.ObjectNode;

/**
 * What is particular to a kind of object: its defaults, what makes it valid, what may change. All
 * methods are pure; those that take an object to change take the caller's own copy. Types of fields
 * have been checked before, so that a string is where a string belongs.
 */
public abstract class KindRules {

  KindRules() {}

  /** Writes in what the object does not say. Doing so again changes nothing. */
  public void setDefaults(ObjectNode object) {}

  /**
   * Puts a new object, after its defaults were set, into its first state, whatever its author says
   * about its status.
   */
  public void begin(ObjectNode object) {}

  /** Collects what is wrong with an object, new or changed, apart from its metadata. */
  public void validate(Field object, Problems problems) {}

  /** Collects what a new object must not have. */
  public void validateNew(Field object, Problems problems) {}

  /**
   * Collects what must not have changed.
   *
   * @param subresource through which it was changed, empty for the object itself
   */
  public void validateChange(String subresource, Field old, Field updated, Problems problems) {}

  /**
   * What becomes of {@code old} when {@code asked} is written to a part of it: the main resource
   * leaves the status alone, the status leaves all but the metadata alone.
   */
  public ObjectNode merge(String subresource, ObjectNode old, ObjectNode asked) {
    if (subresource.isEmpty()) {
      return withMember(asked.deepCopy(), old, "status");
    }
    return withMember(withMember(old.deepCopy(), asked, "metadata"), asked, subresource);
  }

  /** {@code target} with the member as {@code source} has it, or without it. */
  protected static ObjectNode withMember(ObjectNode target, ObjectNode source, String member) {
    var value = source.get(member);
    if (value == null) {
      target.remove(member);
    } else {
      target.set(member, value.deepCopy());
    }
    return target;
  }

  /** Whether a replacement of an object that does not exist creates it. */
  public boolean createdByReplacing() {
    return false;
  }

  /** Whether a replacement must name the version that it replaces. */
  public boolean replacedByVersionOnly() {
    return false;
  }

  /** Whether changes may be answered before they are on stable storage, because they repeat. */
  public boolean repeats() {
    return false;
  }

  /**
   * How many seconds a deleted object is given to stop by itself.
   *
   * @param asked what the deleting client wants, negative for nothing in particular
   */
  public long gracePeriodSeconds(ObjectNode object, long asked) {
    return 0;
  }

  /** Whether something other than its metadata's finalizers still holds an object that goes. */
  public boolean held(ObjectNode object) {
    return false;
  }

  /** Notes in an object that it is being deleted, beyond its metadata. */
  public void noteDeletion(ObjectNode object) {}
}
