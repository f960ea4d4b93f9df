package dev.berth.core.model;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Locale;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/** The tables of what a cluster consists of: namespaces, nodes, heartbeats and events. */
final class ClusterColumns {

  private static final String ROLE_LABEL = "node-role.kubernetes.io/";

  private ClusterColumns() {}

  static PrintedColumns ofNamespaces() {
    return new PrintedColumns()
        .named(PrintedColumns::name)
        .with("Status", "Active, or Terminating.", (o, now) -> Json.text(o, "status", "phase"))
        .aged();
  }

  static PrintedColumns ofLeases() {
    return new PrintedColumns()
        .named(PrintedColumns::name)
        .with("Holder", "Who holds it.", (o, now) -> Json.text(o, "spec", "holderIdentity"))
        .aged();
  }

  static PrintedColumns ofNodes() {
    return new PrintedColumns()
        .named(PrintedColumns::name)
        .with("Status", "Whether pods can run there.", (o, now) -> nodeStatus(o))
        .with("Roles", "What it is for, by its labels.", (o, now) -> roles(o))
        .aged()
        .with("Version", "Of its kubelet.", (o, now) -> info(o, "kubeletVersion", ""))
        .wide("Internal-IP", "Its address inside.", (o, now) -> address(o, "InternalIP"))
        .wide("External-IP", "Its address outside.", (o, now) -> address(o, "ExternalIP"))
        .wide("OS-Image", "Its operating system.", (o, now) -> info(o, "osImage", "<unknown>"))
        .wide("Kernel-Version", "", (o, now) -> info(o, "kernelVersion", "<unknown>"))
        .wide(
            "Container-Runtime",
            "What runs its containers.",
            (o, now) -> info(o, "containerRuntimeVersion", "<unknown>"));
  }

  static PrintedColumns ofEvents() {
    return new PrintedColumns()
        .with("Last Seen", "Time since it happened last.", ClusterColumns::lastSeen)
        .with("Type", "Normal or Warning.", (o, now) -> Json.text(o, "type"))
        .with("Reason", "In one word.", (o, now) -> Json.text(o, "reason"))
        .with("Object", "What it is about.", (o, now) -> involved(o))
        .wide("Subobject", "Which part.", (o, now) -> Json.text(o, "involvedObject", "fieldPath"))
        .wide("Source", "Who reports it.", (o, now) -> source(o))
        .with("Message", "What happened.", (o, now) -> Json.text(o, "message").strip())
        .wide("First Seen", "Time since it happened first.", ClusterColumns::firstSeen)
        .wide("Count", "How often it happened.", (o, now) -> count(o))
        .wide("Name", "Of the event itself.", PrintedColumns::name);
  }

  static PrintedColumns ofConfigMaps() {
    return new PrintedColumns()
        .named(PrintedColumns::name)
        .with("Data", "How many values it holds.", (o, now) -> size(o, "data", "binaryData"))
        .aged();
  }

  static PrintedColumns ofSecrets() {
    return new PrintedColumns()
        .named(PrintedColumns::name)
        .with("Type", "What it is for.", (o, now) -> Json.text(o, "type"))
        .with("Data", "How many values it holds.", (o, now) -> size(o, "data"))
        .aged();
  }

  static PrintedColumns ofPriorityClasses() {
    return new PrintedColumns()
        .named(PrintedColumns::name)
        .with("Value", "The higher, the more.", (o, now) -> o.path("value").asString("0"))
        .with(
            "Global-Default",
            "Whether pods without a class get it.",
            (o, now) -> Boolean.toString(o.path("globalDefault").booleanValue(false)))
        .aged()
        .with(
            "PreemptionPolicy",
            "Whether its pods may take the place of others.",
            (o, now) -> Json.text(o, "preemptionPolicy"));
  }

  private static String size(JsonNode object, String... maps) {
    var size = 0;
    for (var map : maps) {
      size += object.path(map).size();
    }
    return Integer.toString(size);
  }

  private static String nodeStatus(JsonNode node) {
    var words = new ArrayList<String>();
    for (var condition : Json.at(node, "status", "conditions")) {
      if (Json.text(condition, "type").equals("Ready")) {
        words.add(Json.text(condition, "status").equals("True") ? "Ready" : "NotReady");
      }
    }
    if (words.isEmpty()) {
      words.add("Unknown");
    }
    if (Json.at(node, "spec", "unschedulable").booleanValue(false)) {
      words.add("SchedulingDisabled");
    }
    return String.join(",", words);
  }

  private static String roles(JsonNode node) {
    var roles = new TreeSet<String>();
    for (var label : Json.at(node, "metadata", "labels").properties()) {
      if (label.getKey().startsWith(ROLE_LABEL) && label.getKey().length() > ROLE_LABEL.length()) {
        roles.add(label.getKey().substring(ROLE_LABEL.length()));
      } else if (label.getKey().equals("kubernetes.io/role")) {
        roles.add(label.getValue().stringValue(""));
      }
    }
    return roles.isEmpty() ? "<none>" : String.join(",", roles);
  }

  private static String address(JsonNode node, String type) {
    for (var address : Json.at(node, "status", "addresses")) {
      if (Json.text(address, "type").equals(type)) {
        return Json.text(address, "address");
      }
    }
    return "<none>";
  }

  private static String info(JsonNode node, String member, String absent) {
    var text = Json.text(node, "status", "nodeInfo", member);
    return text.isEmpty() ? absent : text;
  }

  private static String involved(JsonNode event) {
    return Json.text(event, "involvedObject", "kind").toLowerCase(Locale.ROOT)
        + "/"
        + Json.text(event, "involvedObject", "name");
  }

  private static String source(JsonNode event) {
    var component = Json.text(event, "source", "component");
    if (component.isEmpty()) {
      component = Json.text(event, "reportingComponent");
    }
    var host = Json.text(event, "source", "host");
    return host.isEmpty() ? component : component + ", " + host;
  }

  private static String count(JsonNode event) {
    var series = Json.at(event, "series", "count");
    var count = series.isNumber() ? series.intValue() : event.path("count").intValue(0);
    return Integer.toString(Math.max(1, count));
  }

  private static String firstSeen(JsonNode event, Instant now) {
    var first = event.path("firstTimestamp");
    return Age.since(first.isString() ? first : event.path("eventTime"), now);
  }

  private static String lastSeen(JsonNode event, Instant now) {
    var series = Json.at(event, "series", "lastObservedTime");
    var last = event.path("lastTimestamp");
    if (series.isString()) {
      return Age.since(series, now);
    }
    return last.isString() ? Age.since(last, now) : firstSeen(event, now);
  }
}
