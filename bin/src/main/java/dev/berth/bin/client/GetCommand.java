package dev.berth.bin.client;

import dev.berth.core.model.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code berth get}. */
@Command(
    name = "get",
    description = "Shows objects, in columns or as they are stored.",
    mixinStandardHelpOptions = true)
public final class GetCommand implements Callable<Integer> {
  private final Console console;

  @Mixin final Connection connection = new Connection();
  @Mixin final Scope scope = new Scope();

  @Parameters(
      paramLabel = "KIND [NAME...] | KIND/NAME...",
      description = "For example: pv, pods,pvc, pod/web.")
  List<String> words = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      description = "wide, json, yaml, name or jsonpath=TEMPLATE.")
  String form = "";

  @Option(
      names = {"-w", "--watch"},
      description = "Go on with every change, until interrupted.")
  boolean watch;

  @Option(names = "--no-headers", description = "Columns without their names.")
  boolean noHeaders;

  public GetCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var output = Output.parse(form);
    var selections = Selection.parse(words);
    var api = connection.open();
    if (watch && selections.size() > 1) {
      throw ClientException.usage("-w follows one kind, or one object of it");
    }
    if (output instanceof Output.Columns(boolean wide)) {
      return columns(api, grouped(selections), wide);
    }
    var first = selections.getFirst();
    if (selections.size() == 1) {
      var object = api.get(target(first), ApiClient.JSON);
      output.print(console.out(), first.type(), object);
      if (watch) {
        follow(api, first, revision(object), output);
      }
      return 0;
    }
    printAll(api, selections, output);
    return 0;
  }

  private void printAll(ApiClient api, List<Selection> selections, Output output) {
    var objects = new ArrayList<ObjectNode>();
    for (var selection : selections) {
      var answer = api.get(target(selection), ApiClient.JSON);
      if (output instanceof Output.Names) {
        output.print(console.out(), selection.type(), answer);
      } else if (selection.name() == null) {
        answer.path("items").forEach(item -> objects.add((ObjectNode) item));
      } else {
        objects.add(answer);
      }
    }
    if (!(output instanceof Output.Names)) {
      output.print(console.out(), selections.getFirst().type(), Output.list(objects));
    }
  }

  /** The names asked for of one kind. */
  private record Group(ResourceType type, List<@Nullable String> names) {}

  private static List<Group> grouped(List<Selection> selections) {
    var groups = new ArrayList<Group>();
    for (var selection : selections) {
      if (groups.isEmpty() || !groups.getLast().type().equals(selection.type())) {
        groups.add(new Group(selection.type(), new ArrayList<>()));
      }
      groups.getLast().names().add(selection.name());
    }
    return groups;
  }

  private int columns(ApiClient api, List<Group> groups, boolean wide) {
    var code = 0;
    var printed = false;
    for (var group : groups) {
      var prefix = groups.size() == 1 ? "" : KindNames.title(group.type(), "");
      var namespaces = scope.all && group.type().namespaced();
      var table = new TableRows(!noHeaders, wide, namespaces, prefix);
      var rows = new ArrayList<List<String>>();
      var revision = "0";
      for (var name : group.names()) {
        try {
          var answer = api.get(target(new Selection(group.type(), name)), ApiClient.TABLE);
          rows.addAll(table.of(answer));
          revision = revision(answer);
        } catch (ClientException e) {
          if (groups.size() == 1 && group.names().size() == 1) {
            throw e;
          }
          console.err().println(e.getMessage());
          code = e.exitCode();
        }
      }
      if (printed && !rows.isEmpty()) {
        console.out().println();
      }
      printed |= !rows.isEmpty();
      var printer = new TablePrinter(console.out());
      printer.print(rows);
      if (watch) {
        follow(
            api, new Selection(group.type(), group.names().getFirst()), revision, table, printer);
      }
    }
    if (!printed && code == 0) {
      nothingFound(groups);
    }
    return code;
  }

  private void nothingFound(List<Group> groups) {
    var namespaced = groups.stream().anyMatch(group -> group.type().namespaced());
    console
        .err()
        .println(
            "No resources found"
                + (namespaced && !scope.all ? " in " + scope.namespace + " namespace." : ""));
  }

  private void follow(
      ApiClient api, Selection selection, String revision, TableRows table, TablePrinter printer) {
    console.out().flush();
    api.watch(
        watchTarget(selection, revision),
        ApiClient.TABLE,
        event -> {
          printer.print(table.of(event.path("object")));
          console.out().flush();
          return true;
        });
  }

  private void follow(ApiClient api, Selection selection, String revision, Output output) {
    console.out().flush();
    api.watch(
        watchTarget(selection, revision),
        ApiClient.JSON,
        event -> {
          if (event.path("object") instanceof ObjectNode object) {
            if (output instanceof Output.Yaml) {
              console.out().println("---");
            }
            output.print(console.out(), selection.type(), object);
            console.out().flush();
          }
          return true;
        });
  }

  private String target(Selection selection) {
    return selection.name() == null
        ? scope.listTarget(selection.type(), null)
        : ApiClient.path(selection.type(), requiredNamespace(selection), selection.name());
  }

  private String watchTarget(Selection selection, String revision) {
    return scope.listTarget(
        selection.type(), selection.name(), "watch", "true", "resourceVersion", revision);
  }

  private @Nullable String requiredNamespace(Selection selection) {
    if (scope.all && selection.type().namespaced()) {
      throw ClientException.usage(
          "a name is looked up in one namespace: give -n NAMESPACE instead of -A");
    }
    return scope.namespace();
  }

  private static String revision(JsonNode answer) {
    return answer.path("metadata").path("resourceVersion").asString("0");
  }
}
