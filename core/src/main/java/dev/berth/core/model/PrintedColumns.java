package dev.berth.core.model;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import tools.jackson.databind.JsonNode;

/**
 * How the objects of a kind look as rows of a table, for people: the columns and words that users
 * of Kubernetes know. Pure functions of a document and the present time.
 */
public final class PrintedColumns {

  /** What a cell says about a document at a moment. */
  interface Cell extends BiFunction<JsonNode, Instant, String> {}

  private final List<Column> columns = new ArrayList<>();
  private final List<Cell> cells = new ArrayList<>();

  private static final Map<ResourceType, PrintedColumns> BY_TYPE = new LinkedHashMap<>();

  static {
    BY_TYPE.put(ResourceTypes.NAMESPACE, ClusterColumns.ofNamespaces());
    BY_TYPE.put(ResourceTypes.NODE, ClusterColumns.ofNodes());
    BY_TYPE.put(ResourceTypes.EVENT, ClusterColumns.ofEvents());
    BY_TYPE.put(ResourceTypes.LEASE, ClusterColumns.ofLeases());
    BY_TYPE.put(ResourceTypes.CONFIG_MAP, ClusterColumns.ofConfigMaps());
    BY_TYPE.put(ResourceTypes.SECRET, ClusterColumns.ofSecrets());
    BY_TYPE.put(ResourceTypes.POD, PodColumns.ofPods());
    BY_TYPE.put(ResourceTypes.VOLUME, StorageColumns.ofVolumes());
    BY_TYPE.put(ResourceTypes.CLAIM, StorageColumns.ofClaims());
    BY_TYPE.put(ResourceTypes.CLASS, StorageColumns.ofClasses());
    BY_TYPE.put(ResourceTypes.PRIORITY_CLASS, ClusterColumns.ofPriorityClasses());
    BY_TYPE.put(ResourceTypes.CSI_NODE, StorageColumns.ofCsiNodes());
    BY_TYPE.put(ResourceTypes.STORAGE_CAPACITY, StorageColumns.ofStorageCapacities());
    BY_TYPE.put(ResourceTypes.ATTRIBUTES_CLASS, StorageColumns.ofAttributesClasses());
  }

  PrintedColumns() {}

  /** The columns of the type's table, in order, the wide ones at their places. */
  public static List<Column> of(ResourceType type) {
    return List.copyOf(known(type).columns);
  }

  /** One cell for each of {@link #of}'s columns. */
  public static List<String> cells(ResourceType type, JsonNode document, Instant now) {
    return known(type).cells.stream().map(cell -> cell.apply(document, now)).toList();
  }

  private static PrintedColumns known(ResourceType type) {
    var columns = BY_TYPE.get(type);
    if (columns == null) {
      throw new IllegalArgumentException(type.kind() + " has no printed columns");
    }
    return columns;
  }

  /** The column that names the object. */
  PrintedColumns named(Cell cell) {
    columns.add(
        new Column("Name", "name", false, "The name, unique within its kind and namespace."));
    cells.add(cell);
    return this;
  }

  PrintedColumns with(String name, String description, Cell cell) {
    columns.add(new Column(name, "", false, description));
    cells.add(cell);
    return this;
  }

  PrintedColumns wide(String name, String description, Cell cell) {
    columns.add(new Column(name, "", true, description));
    cells.add(cell);
    return this;
  }

  PrintedColumns aged() {
    return with(
        "Age",
        "Time since the object was created.",
        (object, now) -> Age.since(Json.at(object, "metadata", "creationTimestamp"), now));
  }

  static String name(JsonNode object, Instant now) {
    return Json.text(object, "metadata", "name");
  }

  /** The text at a path, or {@code <none>}. */
  static String orNone(JsonNode object, String... path) {
    var text = Json.text(object, path);
    return text.isEmpty() ? "<none>" : text;
  }

  static boolean deleting(JsonNode object) {
    return !Json.text(object, "metadata", "deletionTimestamp").isEmpty();
  }
}
