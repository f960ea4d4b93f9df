package dev.berth.core.control;

import dev.berth.core.model.Condition;
import dev.berth.core.model.Json;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A minimal change to a stored document: everything that it does not name stays as its author wrote
 * it. It becomes a write only when it makes a difference, and that write only replaces the version
 * that was edited.
 */
public final class Edit {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Observed<?> base;
  private final ObjectNode tree;
  private boolean different;

  private Edit(Observed<?> base) {
    if (!base.settled()) {
      throw new IllegalStateException(
          base.key() + " has a write in flight and cannot be edited before that is answered");
    }
    this.base = base;
    this.tree = Json.parseObject(base.document());
  }

  public static Edit of(Observed<?> object) {
    return new Edit(object);
  }

  /** Sets an annotation, or removes it (null). */
  public Edit annotation(String name, @Nullable String value) {
    return value == null
        ? remove("metadata", "annotations", name)
        : set(value, "metadata", "annotations", name);
  }

  /** Sets the text at {@code path}; objects that are missing on the way are made. */
  public Edit set(String text, String... path) {
    return set(NODES.stringNode(text), path);
  }

  public Edit set(JsonNode value, String... path) {
    var parent = tree;
    for (var i = 0; i < path.length - 1; i++) {
      var child = parent.get(path[i]);
      if (!(child instanceof ObjectNode)) {
        child = NODES.objectNode();
        parent.set(path[i], child);
        different = true;
      }
      parent = (ObjectNode) child;
    }
    var last = path[path.length - 1];
    if (!value.equals(parent.get(last))) {
      parent.set(last, value);
      different = true;
    }
    return this;
  }

  /** Removes what is at {@code path}, and the object around it when that becomes empty. */
  public Edit remove(String... path) {
    remove(tree, path, 0);
    return this;
  }

  private void remove(ObjectNode parent, String[] path, int depth) {
    var child = parent.get(path[depth]);
    if (child == null) {
      return;
    }
    if (depth == path.length - 1) {
      parent.remove(path[depth]);
      different = true;
    } else if (child instanceof ObjectNode object) {
      remove(object, path, depth + 1);
      if (object.isEmpty() && depth > 0) {
        parent.remove(path[depth]);
      }
    }
  }

  /**
   * Sets a condition of the status. The time of its transition changes with its status only;
   * nothing changes when status, reason and message are the same.
   */
  public Edit condition(Condition wanted, Instant now) {
    var conditions = array("status", "conditions");
    for (var i = 0; i < conditions.size(); i++) {
      if (conditions.get(i) instanceof ObjectNode present
          && wanted.type().equals(text(present, "type"))) {
        update(present, wanted, now);
        return this;
      }
    }
    update(conditions.addObject().put("type", wanted.type()), wanted, now);
    return this;
  }

  private void update(ObjectNode present, Condition wanted, Instant now) {
    if (!wanted.status().equals(text(present, "status"))) {
      present.put("status", wanted.status());
      present.put("lastTransitionTime", now.truncatedTo(ChronoUnit.SECONDS).toString());
      different = true;
    }
    update(present, "reason", wanted.reason());
    update(present, "message", wanted.message());
  }

  private void update(ObjectNode present, String field, String wanted) {
    if (wanted.isEmpty()) {
      different |= present.remove(field) != null;
    } else if (!wanted.equals(text(present, field))) {
      present.put(field, wanted);
      different = true;
    }
  }

  private static @Nullable String text(ObjectNode object, String field) {
    var value = object.get(field);
    return value == null || !value.isString() ? null : value.stringValue();
  }

  /** What is at {@code path}, null without it. */
  public @Nullable JsonNode get(String... path) {
    JsonNode at = tree;
    for (var name : path) {
      at = at.get(name);
      if (at == null) {
        return null;
      }
    }
    return at;
  }

  /** The list at {@code path}, made when it is missing; tell {@link #touch} when it is changed. */
  public ArrayNode array(String... path) {
    var present = get(path);
    if (present instanceof ArrayNode array) {
      return array;
    }
    set(NODES.arrayNode(), path);
    return (ArrayNode) Objects.requireNonNull(get(path));
  }

  /** Says that something was changed in what {@link #array} gave. */
  public Edit touch() {
    different = true;
    return this;
  }

  /** Whether writing it would make a difference. */
  public boolean makesADifference() {
    return different;
  }

  /**
   * The write of the edited document over the version that was edited; only the requirement of that
   * version when nothing was changed.
   */
  public Transaction.Step toStep() {
    var expected = Expectation.at(base.revision());
    return different
        ? new Transaction.Put(base.key(), expected, Json.write(tree))
        : new Transaction.Check(base.key(), expected);
  }

  /** The removal of the version that was edited. */
  public static Transaction.Delete delete(Observed<?> object) {
    if (!object.settled()) {
      throw new IllegalStateException(object.key() + " has a write in flight");
    }
    return new Transaction.Delete(object.key(), Expectation.at(object.revision()));
  }
}
