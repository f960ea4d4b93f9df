package dev.berth.bin.client;

import java.io.PrintStream;
import java.util.List;

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
}
