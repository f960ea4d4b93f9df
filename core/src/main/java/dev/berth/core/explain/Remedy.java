package dev.berth.core.explain;

import dev.berth.core.model.Json;
import dev.berth.core.storage.ObjectKey;
import tools.jackson.databind.node.ObjectNode;

/** One change of one object that an administrator can make. */
public sealed interface Remedy {

  /** Of which object. */
  ObjectKey key();

  /** What it is for a person, as a command of kubectl where there is a short one. */
  String text();

  /**
   * A merge patch.
   *
   * @param patch as {@code kubectl patch --type=merge} takes it
   */
  record Change(ObjectKey key, ObjectNode patch, String text) implements Remedy {}

  record Delete(ObjectKey key, String text) implements Remedy {}

  /**
   * A new object.
   *
   * @param object whole but for what only its maker can know, such as the path of a disk, which is
   *     {@link #FILL_IN}
   */
  record Create(ObjectKey key, ObjectNode object, String text) implements Remedy {}

  /** Stands for a path that has to be filled in. */
  String FILL_IN = "/dev/disk/by-id/FILL-IN";

  /** As the API answers it. */
  default ObjectNode document() {
    var body = Json.object();
    switch (this) {
      case Change change -> body.put("action", "patch").set("patch", change.patch());
      case Delete _ -> body.put("action", "delete");
      case Create create -> body.put("action", "create").set("object", create.object());
    }
    body.put("resource", key().resource());
    if (!key().namespace().isEmpty()) {
      body.put("namespace", key().namespace());
    }
    return body.put("name", key().name()).put("text", text());
  }
}
