package dev.berth.bin.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/**
 * The cells of {@code meta.k8s.io} tables. A watch names the columns only once, so they are kept
 * from one table to the next.
 */
final class TableRows {
  private final boolean wide;
  private final boolean namespaces;
  private final String prefix;
  private final List<Integer> shown = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private boolean headed;

  /**
   * @param header whether the names of the columns come first, once
   * @param wide with the columns of lower priority
   * @param namespaces with a column for the namespace
   * @param prefix before each name
   */
  TableRows(boolean header, boolean wide, boolean namespaces, String prefix) {
    this.headed = !header;
    this.wide = wide;
    this.namespaces = namespaces;
    this.prefix = prefix;
  }

  /** The rows of a table; before the first row that there is, the header. */
  List<List<String>> of(JsonNode table) {
    if (!table.path("columnDefinitions").isEmpty()) {
      choose(table.path("columnDefinitions"));
    }
    var result = new ArrayList<List<String>>();
    for (var row : table.path("rows")) {
      if (!headed) {
        headed = true;
        result.add(List.copyOf(names));
      }
      result.add(cells(row));
    }
    return result;
  }

  private void choose(JsonNode columns) {
    shown.clear();
    names.clear();
    if (namespaces) {
      names.add("NAMESPACE");
    }
    var position = 0;
    for (var column : columns) {
      if (wide || column.path("priority").asInt(0) == 0) {
        shown.add(position);
        names.add(column.path("name").asString("").toUpperCase(Locale.ROOT));
      }
      position++;
    }
  }

  private List<String> cells(JsonNode row) {
    var cells = new ArrayList<String>();
    if (namespaces) {
      cells.add(row.path("object").path("metadata").path("namespace").asString(""));
    }
    for (var i = 0; i < shown.size(); i++) {
      var cell = text(row.path("cells").path(shown.get(i)));
      cells.add(i == 0 ? prefix + cell : cell);
    }
    return cells;
  }

  private static String text(JsonNode cell) {
    if (cell.isNull() || cell.isMissingNode()) {
      return "<none>";
    }
    return cell.isString() ? cell.stringValue() : cell.toString();
  }
}
