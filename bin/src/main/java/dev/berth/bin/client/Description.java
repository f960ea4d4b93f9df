package dev.berth.bin.client;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import java.io.PrintStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An object written for people. One form serves every kind: who it is, its status, what it should
 * be, its conditions as a table, and its events.
 */
final class Description {
  private static final int NAME_WIDTH = 16;
  private static final Set<String> TOLD_FIRST =
      Set.of("apiVersion", "kind", "metadata", "status", "spec");
  private static final Pattern WORD_START = Pattern.compile("(?<=[a-z0-9])(?=[A-Z])");

  private final PrintStream out;
  private final Instant now;

  Description(PrintStream out, Instant now) {
    this.out = out;
    this.now = now;
  }

  void print(ResourceType type, ObjectNode object, List<ObjectNode> events) {
    var metadata = object.path("metadata");
    field(0, "Name", metadata.path("name").asString(""));
    if (type.namespaced()) {
      field(0, "Namespace", metadata.path("namespace").asString(""));
    }
    pairs("Labels", metadata.path("labels"));
    pairs("Annotations", metadata.path("annotations"));
    var created = metadata.path("creationTimestamp").asString("");
    field(0, "Created", created + " (" + Durations.since(created, now) + " ago)");
    var deleted = metadata.path("deletionTimestamp").asString("");
    if (!deleted.isEmpty()) {
      field(0, "Terminating", "since " + deleted);
    }
    if (metadata.path("finalizers") instanceof ArrayNode finalizers && !finalizers.isEmpty()) {
      field(0, "Finalizers", joined(finalizers));
    }
    if (object.path("status") instanceof ObjectNode status) {
      members(0, status);
    }
    if (object.path("spec") instanceof ObjectNode spec) {
      members(0, spec);
    }
    for (var member : object.properties()) {
      if (type.equals(ResourceTypes.SECRET) && member.getKey().equals("data")) {
        heading(0, "data");
        member
            .getValue()
            .properties()
            .forEach(secret -> sizeOf(secret.getKey(), secret.getValue()));
      } else if (!TOLD_FIRST.contains(member.getKey())) {
        value(0, member.getKey(), member.getValue());
      }
    }
    events(events);
  }

  /** A description is often shown around: it does not give a secret away. */
  private void sizeOf(String key, JsonNode base64) {
    var bytes = Base64.getDecoder().decode(base64.stringValue("")).length;
    field(1, key, bytes + " bytes");
  }

  private void members(int depth, ObjectNode object) {
    object.properties().forEach(member -> value(depth, member.getKey(), member.getValue()));
  }

  private void value(int depth, String name, JsonNode value) {
    switch (value) {
      case ObjectNode object when object.isEmpty() -> field(depth, title(name), "<none>");
      case ObjectNode object -> {
        heading(depth, name);
        members(depth + 1, object);
      }
      case ArrayNode list when name.equals("conditions") && !list.isEmpty() -> conditions(list);
      case ArrayNode list when list.isEmpty() || !list.get(0).isContainer() ->
          field(depth, title(name), list.isEmpty() ? "<none>" : joined(list));
      case ArrayNode list -> {
        heading(depth, name);
        list.forEach(element -> element(depth + 1, element));
      }
      default -> field(depth, title(name), text(value));
    }
  }

  private void element(int depth, JsonNode element) {
    if (!(element instanceof ObjectNode object)) {
      out.println("  ".repeat(depth) + "- " + text(element));
    } else if (object.has("operator") && object.has("key")) {
      var values = object.path("values");
      out.println(
          "  ".repeat(depth)
              + object.path("key").asString("")
              + " "
              + object.path("operator").asString("").toLowerCase(java.util.Locale.ROOT)
              + (values.isEmpty() ? "" : " [" + joined(values) + "]"));
    } else if (object.has("name")) {
      out.println("  ".repeat(depth) + text(object.path("name")) + ":");
      for (var member : object.properties()) {
        if (!member.getKey().equals("name")) {
          value(depth + 1, member.getKey(), member.getValue());
        }
      }
    } else {
      out.println("  ".repeat(depth) + "-");
      members(depth + 1, object);
    }
  }

  private void conditions(ArrayNode conditions) {
    out.println("Conditions:");
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("  Type", "Status", "Reason", "Message"));
    for (var condition : conditions) {
      rows.add(
          List.of(
              "  " + condition.path("type").asString(""),
              condition.path("status").asString(""),
              condition.path("reason").asString(""),
              condition.path("message").asString("")));
    }
    new TablePrinter(out).print(rows);
  }

  private void events(List<ObjectNode> events) {
    if (events.isEmpty()) {
      field(0, "Events", "<none>");
      return;
    }
    out.println("Events:");
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("  Type", "Reason", "Age", "From", "Message"));
    for (var event : events) {
      var count = event.path("count").asInt(1);
      rows.add(
          List.of(
              "  " + event.path("type").asString(""),
              event.path("reason").asString(""),
              Durations.since(EventsCommand.lastSeen(event), now)
                  + (count > 1 ? " (x" + count + ")" : ""),
              event.path("source").path("component").asString(""),
              event.path("message").asString("").strip()));
    }
    new TablePrinter(out).print(rows);
  }

  private void pairs(String name, JsonNode pairs) {
    var told =
        pairs
            .propertyStream()
            .filter(pair -> !pair.getKey().equals(ThreeWayMerge.LAST_APPLIED))
            .map(pair -> pair.getKey() + "=" + text(pair.getValue()))
            .toList();
    if (told.isEmpty()) {
      field(0, name, "<none>");
    }
    for (var i = 0; i < told.size(); i++) {
      field(0, i == 0 ? name : "", told.get(i));
    }
  }

  private void heading(int depth, String name) {
    out.println("  ".repeat(depth) + title(name) + ":");
  }

  private void field(int depth, String name, String value) {
    var label = "  ".repeat(depth) + (name.isEmpty() ? "" : name + ":");
    out.println(label + " ".repeat(Math.max(1, NAME_WIDTH - label.length())) + value);
  }

  /** {@code storageClassName} becomes {@code Storage Class Name}; keys that are data stay. */
  private static String title(String name) {
    if (!name.matches("[a-z][A-Za-z0-9]*")) {
      return name;
    }
    return Character.toUpperCase(name.charAt(0))
        + WORD_START.matcher(name).replaceAll(" ").substring(1);
  }

  private static String joined(JsonNode list) {
    return String.join(", ", list.values().stream().map(Description::text).toList());
  }

  private static String text(JsonNode value) {
    return value.isString() ? value.stringValue() : value.toString();
  }
}
