package dev.berth.bin.client;

import dev.berth.core.model.ResourceTypes;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code berth disks}. */
@Command(
    name = "disks",
    description =
        "Shows the block devices of nodes: what is on them, who uses them, whether they fail,"
            + " and whether a volume could use them; and what nodes have left on their hosts that no pod"
            + " and no volume names.",
    mixinStandardHelpOptions = true)
public final class DisksCommand implements Callable<Integer> {
  private static final List<String> HEADER =
      List.of("NODE", "DEVICE", "SIZE", "CONTENT", "USED BY", "HEALTH", "CORDON", "USABLE", "WHY");
  private static final List<String> ORPHANS = List.of("NODE", "ORPHAN", "KIND", "WHAT TO DO");
  private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB");

  private final Console console;

  @Mixin final Connection connection = new Connection();

  @Parameters(
      arity = "0..*",
      paramLabel = "NODE",
      description = "Only of these nodes (default: all that the server hosts).")
  List<String> nodes = List.of();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      description = "wide (also lasting path and serial number) or json.")
  String output = "";

  public DisksCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (!List.of("", "wide", "json").contains(output)) {
      throw ClientException.usage("-o: expected wide or json, found \"" + output + "\"");
    }
    var api = connection.open();
    var rows = new ArrayList<List<String>>();
    rows.add(output.equals("wide") ? wide(HEADER, "PATH", "SERIAL") : HEADER);
    var orphans = new ArrayList<List<String>>();
    for (var node : nodes.isEmpty() ? all(api) : nodes) {
      var list = api.get(ApiClient.path(ResourceTypes.NODE, null, node) + "/disks", ApiClient.JSON);
      if (output.equals("json")) {
        console.out().println(list.toPrettyString());
      } else {
        list.path("items").forEach(disk -> rows.add(row(node, disk)));
        list.path("orphans").forEach(orphan -> orphans.add(orphan(node, orphan)));
      }
    }
    if (!output.equals("json")) {
      new TablePrinter(console.out()).print(rows);
    }
    if (!orphans.isEmpty()) {
      orphans.addFirst(ORPHANS);
      console.out().println();
      new TablePrinter(console.out()).print(orphans);
    }
    return 0;
  }

  /** The names of all nodes. */
  static List<String> all(ApiClient api) {
    ObjectNode list = api.get(ApiClient.path(ResourceTypes.NODE, null, null), ApiClient.JSON);
    return list.path("items")
        .valueStream()
        .map(node -> node.path("metadata").path("name").asString(""))
        .toList();
  }

  private List<String> row(String node, JsonNode disk) {
    var usedBy =
        disk.path("usedBy").valueStream().map(JsonNode::asString).collect(Collectors.joining(", "));
    var row =
        List.of(
            node,
            disk.path("device").asString(""),
            size(disk.path("sizeBytes").asLong(0)),
            disk.path("content").asString(""),
            usedBy.isEmpty() ? "nobody" : usedBy,
            or(disk.path("health").asString(""), "ok"),
            or(disk.path("cordon").asString(""), "-"),
            disk.path("usable").asBoolean(false) ? "yes" : "no",
            disk.path("reason").asString(""));
    return output.equals("wide")
        ? wide(row, disk.path("path").asString(""), disk.path("serial").asString(""))
        : row;
  }

  private static List<String> orphan(String node, JsonNode orphan) {
    var remedy = orphan.path("remedy").asString("");
    return List.of(
        node,
        orphan.path("what").asString(""),
        orphan.path("kind").asString(""),
        orphan.path("certain").asBoolean(false)
            ? remedy
            : "look again, it may be under way; else " + remedy);
  }

  private static String or(String text, String otherwise) {
    return text.isEmpty() ? otherwise : text;
  }

  private static List<String> wide(List<String> row, String path, String serial) {
    var cells = new ArrayList<>(row);
    cells.add(3, path);
    cells.add(4, serial);
    return cells;
  }

  /** With at most one decimal, in the largest unit of which there is at least one. */
  static String size(long bytes) {
    var amount = BigDecimal.valueOf(bytes);
    var unit = 0;
    while (amount.compareTo(BigDecimal.valueOf(1024)) >= 0 && unit < UNITS.size() - 1) {
      amount = amount.divide(BigDecimal.valueOf(1024));
      unit++;
    }
    return amount.setScale(1, RoundingMode.HALF_UP).stripTrailingZeros().toPlainString()
        + UNITS.get(unit);
  }
}
