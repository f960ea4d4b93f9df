package dev.berth.bin.client;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Prints tables in columns, as wide as their widest cell; later rows keep the widths. */
final class TablePrinter {
  private static final int GAP = 3;

  private final PrintStream out;
  private int[] widths = {};

  TablePrinter(PrintStream out) {
    this.out = out;
  }

  /** Prints rows of cells, the first being the header. */
  void print(List<List<String>> rows) {
    measure(rows);
    for (var row : rows) {
      var line = new StringBuilder();
      for (var i = 0; i < row.size(); i++) {
        line.append(row.get(i));
        if (i < row.size() - 1) {
          line.repeat(' ', Math.max(1, widths[i] - row.get(i).length() + GAP));
        }
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private void measure(List<List<String>> rows) {
    for (var row : rows) {
      if (widths.length < row.size()) {
        widths = java.util.Arrays.copyOf(widths, row.size());
      }
      for (var i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
  }

  /**
   * The cells of a {@code meta.k8s.io} table.
   *
   * @param wide with the columns of lower priority
   * @param namespaces with a column for the namespace
   * @param prefix before each name
   */
  static List<List<String>> cells(
      JsonNode table, boolean header, boolean wide, boolean namespaces, String prefix) {
    var result = new ArrayList<List<String>>();
    var shown = new ArrayList<Integer>();
    var names = new ArrayList<String>();
    var position = 0;
    for (var column : table.path("columnDefinitions")) {
      if (wide || column.path("priority").asInt(0) == 0) {
        shown.add(position);
        names.add(column.path("name").asString("").toUpperCase(java.util.Locale.ROOT));
      }
      position++;
    }
    if (namespaces) {
      names.addFirst("NAMESPACE");
    }
    if (header && !names.isEmpty()) {
      result.add(names);
    }
    for (var row : table.path("rows")) {
      var cells = new ArrayList<String>();
      if (namespaces) {
        cells.add(row.path("object").path("metadata").path("namespace").asString(""));
      }
      for (var i = 0; i < shown.size(); i++) {
        var cell = text(row.path("cells").path(shown.get(i)));
        cells.add(i == 0 ? prefix + cell : cell);
      }
      result.add(cells);
    }
    return result;
  }

  private static String text(JsonNode cell) {
    if (cell.isNull() || cell.isMissingNode()) {
      return "<none>";
    }
    return cell.isString() ? cell.stringValue() : cell.toString();
  }
}
