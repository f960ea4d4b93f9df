package dev.berth.api.rest;

import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a path below a group's version is about. */
sealed interface ResourcePath {

  /**
   * All objects of a type.
   *
   * @param namespace null for those of all namespaces, empty for a type without
   */
  record Collection(ResourceType type, @Nullable String namespace) implements ResourcePath {}

  /**
   * One object, or a part of it.
   *
   * @param namespace empty for a type without
   * @param subresource empty for the object itself
   */
  record Item(ResourceType type, String namespace, String name, String subresource)
      implements ResourcePath {}

  /** Where pods of a namespace are given to nodes. */
  record Bindings(String namespace) implements ResourcePath {}

  /** What may stand after a namespace's name and belongs to the namespace itself. */
  Set<String> OF_NAMESPACES = Set.of("status", "finalize");

  /** Where Kubernetes' kubelet tells how full volumes are. */
  List<String> STATS_PATH = List.of("proxy", "stats", "summary");

  /** {@link #STATS_PATH} of a node. */
  String STATS = "proxy/stats/summary";

  /**
   * @param rest the segments after the version
   * @return empty when nothing is served there
   */
  static Optional<ResourcePath> parse(String group, String version, List<String> rest) {
    if (rest.isEmpty() || rest.contains("")) {
      return Optional.empty();
    }
    var below =
        rest.size() >= 3
            && rest.getFirst().equals("namespaces")
            && !(rest.size() == 3 && group.isEmpty() && OF_NAMESPACES.contains(rest.get(2)));
    return below
        ? inNamespace(group, version, rest.get(1), rest.subList(2, rest.size()))
        : acrossNamespaces(group, version, rest);
  }

  private static Optional<ResourcePath> inNamespace(
      String group, String version, String namespace, List<String> rest) {
    if (group.isEmpty() && rest.equals(List.of("bindings"))) {
      return Optional.of(new Bindings(namespace));
    }
    return type(group, version, rest.getFirst())
        .filter(ResourceType::namespaced)
        .flatMap(type -> of(type, namespace, rest));
  }

  private static Optional<ResourcePath> acrossNamespaces(
      String group, String version, List<String> rest) {
    var type = type(group, version, rest.getFirst());
    return type.isPresent() && type.get().namespaced()
        ? type.filter(_ -> rest.size() == 1).map(known -> new Collection(known, null))
        : type.flatMap(known -> of(known, "", rest));
  }

  private static Optional<ResourcePath> of(ResourceType type, String namespace, List<String> rest) {
    return switch (rest.size()) {
      case 1 -> Optional.of(new Collection(type, namespace));
      case 2 -> Optional.of(new Item(type, namespace, rest.get(1), ""));
      case 3 ->
          type.has(rest.get(2))
              ? Optional.of(new Item(type, namespace, rest.get(1), rest.get(2)))
              : Optional.empty();
      default ->
          type.equals(ResourceTypes.NODE) && rest.subList(2, rest.size()).equals(STATS_PATH)
              ? Optional.of(new Item(type, namespace, rest.get(1), STATS))
              : Optional.empty();
    };
  }

  private static Optional<ResourceType> type(String group, String version, String plural) {
    return ResourceTypes.ALL.stream()
        .filter(
            type ->
                type.plural().equals(plural)
                    && type.group().equals(group)
                    && type.version().equals(version))
        .findFirst();
  }
}
