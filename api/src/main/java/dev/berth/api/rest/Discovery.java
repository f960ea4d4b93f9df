package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Request;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Tells clients which groups, versions, kinds and verbs there are, in both of the known forms. */
final class Discovery {
  private static final List<String> VERBS =
      List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch");
  private static final List<String> VERBS_OF_NAMESPACES =
      VERBS.stream().filter(verb -> !verb.equals("deletecollection")).toList();
  private static final String AGGREGATED = "APIGroupDiscoveryList";

  /**
   * A group's version.
   *
   * @param group empty for the core group
   */
  record GroupVersion(String group, String version) {
    @Override
    public String toString() {
      return group.isEmpty() ? version : group + "/" + version;
    }

    /** Where it is served: {@code api/v1}, or {@code apis/storage.k8s.io/v1}. */
    String path() {
      return (group.isEmpty() ? "api/" : "apis/") + this;
    }
  }

  /**
   * What is served at a path, beside the objects themselves or instead of them.
   *
   * @param name the plural, with a subresource after a slash
   * @param kind of the bodies
   * @param kindOf the group's version that the kind belongs to
   * @param verbs that may be used
   */
  record Served(
      String name,
      String singular,
      List<String> shortNames,
      boolean namespaced,
      GroupVersion of,
      String kind,
      GroupVersion kindOf,
      List<String> verbs,
      List<String> categories) {}

  private final Map<GroupVersion, List<Served>> served = new LinkedHashMap<>();

  Discovery() {
    for (var type : ResourceTypes.ALL) {
      add(type);
    }
    var core = new GroupVersion("", "v1");
    put(
        new Served(
            "bindings",
            "binding",
            List.of(),
            true,
            core,
            "Binding",
            core,
            List.of("create"),
            List.of()));
    for (var review : AccessReviews.SERVED) {
      put(review);
    }
  }

  private void add(ResourceType type) {
    var of = new GroupVersion(type.group(), type.version());
    var categories = type.equals(ResourceTypes.POD) ? List.of("all") : List.<String>of();
    put(
        new Served(
            type.plural(),
            type.singular(),
            type.shortNames(),
            type.namespaced(),
            of,
            type.kind(),
            of,
            type.equals(ResourceTypes.NAMESPACE) ? VERBS_OF_NAMESPACES : VERBS,
            categories));
    for (var subresource : type.subresources().stream().sorted().toList()) {
      put(subresource(type, of, subresource));
    }
  }

  private static Served subresource(ResourceType type, GroupVersion of, String name) {
    var kind =
        switch (name) {
          case "binding" -> "Binding";
          case "exec" -> "PodExecOptions";
          case "eviction" -> "Eviction";
          case "disks" -> "DiskList";
          case "explain" -> "Explanation";
          default -> type.kind();
        };
    var kindOf =
        switch (name) {
          case "eviction" -> new GroupVersion("policy", "v1");
          case "disks", "explain" -> new GroupVersion("berth.dev", "v1");
          default -> of;
        };
    var verbs =
        switch (name) {
          case "binding", "eviction", "undelete", "release" -> List.of("create");
          case "exec" -> List.of("create", "get");
          case "log", "disks", "explain" -> List.of("get");
          case "finalize" -> List.of("update");
          default -> List.of("get", "patch", "update");
        };
    return new Served(
        type.plural() + "/" + name,
        "",
        List.of(),
        type.namespaced(),
        of,
        kind,
        kindOf,
        verbs,
        List.of());
  }

  private void put(Served one) {
    served.computeIfAbsent(one.of(), _ -> new ArrayList<>()).add(one);
  }

  /** The versions of all groups, the core group's first. */
  Set<GroupVersion> versions() {
    return served.keySet();
  }

  List<Served> of(GroupVersion version) {
    return served.getOrDefault(version, List.of());
  }

  /** {@code /api}. */
  Answer core(Request request) {
    var aggregated = aggregatedVersion(request);
    if (aggregated != null) {
      return aggregated(aggregated, true);
    }
    var body = Json.object();
    body.put("kind", "APIVersions");
    body.putArray("versions").add("v1");
    var host = request.header("host");
    var address = body.putArray("serverAddressByClientCIDRs").addObject();
    address.put("clientCIDR", "0.0.0.0/0");
    address.put("serverAddress", host == null ? "" : host);
    return Answer.json(200, Json.write(body));
  }

  /** {@code /apis}. */
  Answer groups(Request request) {
    var aggregated = aggregatedVersion(request);
    if (aggregated != null) {
      return aggregated(aggregated, false);
    }
    var body = Json.object();
    body.put("kind", "APIGroupList");
    body.put("apiVersion", "v1");
    var groups = body.putArray("groups");
    groupNames().forEach(group -> groups.add(describe(group)));
    return Answer.json(200, Json.write(body));
  }

  /** {@code /apis/GROUP}. */
  Answer group(String group) {
    if (!groupNames().contains(group)) {
      throw StatusBody.unknownPath();
    }
    var body = Json.object();
    body.put("kind", "APIGroup");
    body.put("apiVersion", "v1");
    body.setAll(describe(group));
    return Answer.json(200, Json.write(body));
  }

  private Set<String> groupNames() {
    var names = new LinkedHashSet<String>();
    versions().forEach(version -> names.add(version.group()));
    names.remove("");
    return names;
  }

  private ObjectNode describe(String group) {
    var body = Json.object();
    body.put("name", group);
    var versions = body.putArray("versions");
    for (var version : versions()) {
      if (version.group().equals(group)) {
        var entry = versions.addObject();
        entry.put("groupVersion", version.toString());
        entry.put("version", version.version());
      }
    }
    body.set("preferredVersion", versions.get(0).deepCopy());
    return body;
  }

  /** {@code /api/v1} and {@code /apis/GROUP/VERSION}. */
  Answer resources(GroupVersion version) {
    if (!served.containsKey(version)) {
      throw StatusBody.unknownPath();
    }
    var body = Json.object();
    body.put("kind", "APIResourceList");
    body.put("apiVersion", "v1");
    body.put("groupVersion", version.toString());
    var resources = body.putArray("resources");
    for (var one : of(version)) {
      var entry = resources.addObject();
      entry.put("name", one.name());
      entry.put("singularName", one.singular());
      entry.put("namespaced", one.namespaced());
      if (!one.kindOf().equals(one.of())) {
        entry.put("group", one.kindOf().group());
        entry.put("version", one.kindOf().version());
      }
      entry.put("kind", one.kind());
      strings(entry.putArray("verbs"), one.verbs());
      if (!one.shortNames().isEmpty()) {
        strings(entry.putArray("shortNames"), one.shortNames());
      }
      if (!one.categories().isEmpty()) {
        strings(entry.putArray("categories"), one.categories());
      }
    }
    return Answer.json(200, Json.write(body));
  }

  /** Which version of the aggregated form a client likes better than the plain one, or null. */
  private static @Nullable String aggregatedVersion(Request request) {
    for (var range : Rendering.ranges(request.header("accept"))) {
      if (!range.isJson()) {
        continue;
      }
      if (!range.parameter("as").equals(AGGREGATED)) {
        return null;
      }
      var version = range.parameter("v");
      if (version.equals("v2") || version.equals("v2beta1")) {
        return version;
      }
    }
    return null;
  }

  private Answer aggregated(String form, boolean core) {
    var body = Json.object();
    body.put("kind", AGGREGATED);
    body.put("apiVersion", "apidiscovery.k8s.io/" + form);
    body.putObject("metadata");
    var items = body.putArray("items");
    var groups = core ? Set.of("") : groupNames();
    for (var group : groups) {
      var item = items.addObject();
      item.putObject("metadata").put("name", group);
      var versions = item.putArray("versions");
      for (var version : versions()) {
        if (version.group().equals(group)) {
          aggregated(versions.addObject(), version);
        }
      }
    }
    var contentType = Answer.JSON + ";g=apidiscovery.k8s.io;v=" + form + ";as=" + AGGREGATED;
    return new Answer.Whole(200, contentType, List.of(), Json.write(body));
  }

  private void aggregated(ObjectNode entry, GroupVersion version) {
    entry.put("version", version.version());
    entry.put("freshness", "Current");
    var resources = entry.putArray("resources");
    for (var one : of(version)) {
      if (one.name().contains("/")) {
        continue;
      }
      var resource = resources.addObject();
      resource.put("resource", one.name());
      kind(resource.putObject("responseKind"), one);
      resource.put("scope", one.namespaced() ? "Namespaced" : "Cluster");
      resource.put("singularResource", one.singular());
      strings(resource.putArray("verbs"), one.verbs());
      strings(resource.putArray("shortNames"), one.shortNames());
      strings(resource.putArray("categories"), one.categories());
      var subresources = resource.putArray("subresources");
      for (var other : of(version)) {
        if (other.name().startsWith(one.name() + "/")) {
          var subresource = subresources.addObject();
          subresource.put("subresource", other.name().substring(one.name().length() + 1));
          kind(subresource.putObject("responseKind"), other);
          strings(subresource.putArray("verbs"), other.verbs());
        }
      }
    }
  }

  private static void kind(ObjectNode body, Served one) {
    body.put("group", one.kindOf().group());
    body.put("version", one.kindOf().version());
    body.put("kind", one.kind());
  }

  private static void strings(ArrayNode array, List<String> values) {
    values.forEach(array::add);
  }
}
