package dev.berth.core.registry;

import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A change to an object, in one of the forms that clients send. */
public sealed interface Patch {

  /** RFC 6902: a list of operations; one that fails fails all. */
  record JsonPatch(ArrayNode operations) implements Patch {}

  /** RFC 7386: members replace, null removes. */
  record MergePatch(ObjectNode changes) implements Patch {}

  /** As a merge patch, but lists of the known kinds merge by their keys; with directives. */
  record StrategicPatch(ObjectNode changes) implements Patch {}
}
