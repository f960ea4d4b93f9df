package dev.berth.core.registry.rules;

import tools.jackson.databind.node.ObjectNode;

/** Writes in what is not said. */
final class Defaults {

  private Defaults() {}

  static void put(ObjectNode object, String member, String value) {
    if (!object.has(member)) {
      object.put(member, value);
    }
  }

  static void put(ObjectNode object, String member, int value) {
    if (!object.has(member)) {
      object.put(member, value);
    }
  }

  static void put(ObjectNode object, String member, boolean value) {
    if (!object.has(member)) {
      object.put(member, value);
    }
  }

  /** An empty object where there is none. */
  static void putObject(ObjectNode object, String member) {
    if (!object.has(member)) {
      object.putObject(member);
    }
  }

  /** Appends a text to a list that does not hold it. */
  static void addToSet(ObjectNode object, String member, String text) {
    var list = object.withArray(member);
    for (var item : list) {
      if (item.stringValue("").equals(text)) {
        return;
      }
    }
    list.add(text);
  }
}
