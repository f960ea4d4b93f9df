package dev.berth.bin.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code berth wait}. */
@Command(
    name = "wait",
    description = "Waits until objects are in a state.",
    mixinStandardHelpOptions = true)
public final class WaitCommand implements Callable<Integer> {
  private final Console console;

  @Mixin final Connection connection = new Connection();
  @Mixin final Scope scope = new Scope();

  @Parameters(paramLabel = "KIND NAME... | KIND/NAME...", description = "What to wait for.")
  List<String> words = new ArrayList<>();

  @Option(
      names = "--for",
      required = true,
      paramLabel = "STATE",
      description = {
        "condition=TYPE[=STATUS], delete, or jsonpath='{.PATH}'=VALUE.",
      })
  String state = "";

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description = "How long to wait for all of them (default: 30s).")
  String timeout = "30s";

  public WaitCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var api = connection.open();
    var deadline = Deadline.in(Durations.parse(timeout));
    var delete = state.equals("delete");
    Predicate<JsonNode> met = delete ? object -> false : condition(state);
    for (var selection : objects(api)) {
      await(api, selection, met, delete, deadline);
      console.out().println(title(selection) + (delete ? " deleted" : " condition met"));
      console.out().flush();
    }
    return 0;
  }

  private List<Selection> objects(ApiClient api) {
    var result = new ArrayList<Selection>();
    for (var selection : Selection.parse(words)) {
      if (selection.name() != null) {
        result.add(selection);
        continue;
      }
      if (!scope.narrowed() || scope.all) {
        throw ClientException.usage("name what to wait for, or give -l SELECTOR");
      }
      for (var item :
          api.get(scope.listTarget(selection.type(), null), ApiClient.JSON).path("items")) {
        var name = item.path("metadata").path("name").asString("");
        result.add(new Selection(selection.type(), name));
      }
    }
    if (result.isEmpty() && !state.equals("delete")) {
      throw ClientException.failed("no object matches: nothing to wait for");
    }
    return result;
  }

  private void await(
      ApiClient api,
      Selection selection,
      Predicate<JsonNode> met,
      boolean delete,
      Deadline deadline) {
    var path = ApiClient.path(selection.type(), scope.namespace(), selection.name());
    while (true) {
      var now = api.find(path).orElse(null);
      if (now == null) {
        if (delete) {
          return;
        }
        throw ClientException.failed(title(selection) + " not found");
      }
      if (met.test(now)) {
        return;
      }
      var target =
          scope.listTarget(
              selection.type(),
              selection.name(),
              "watch",
              "true",
              "resourceVersion",
              now.path("metadata").path("resourceVersion").asString(""),
              "timeoutSeconds",
              Long.toString(
                  deadline.secondsLeft("waiting for " + state + " of " + title(selection))));
      api.watch(
          target,
          ApiClient.JSON,
          event ->
              !event.path("type").asString("").equals("DELETED")
                  && !met.test(event.path("object")));
    }
  }

  static Predicate<JsonNode> condition(String state) {
    if (state.startsWith("condition=")) {
      var parts = state.substring("condition=".length()).split("=", 2);
      var status = parts.length == 2 ? parts[1] : "True";
      return object -> {
        for (var condition : object.path("status").path("conditions")) {
          if (condition.path("type").asString("").equalsIgnoreCase(parts[0])) {
            return condition.path("status").asString("").equalsIgnoreCase(status);
          }
        }
        return false;
      };
    }
    if (state.startsWith("jsonpath=")) {
      var expression = state.substring("jsonpath=".length());
      var equals = expression.lastIndexOf("}=");
      if (equals < 0) {
        throw ClientException.usage(
            "--for: expected jsonpath='{.PATH}'=VALUE, found \"" + state + "\"");
      }
      var path = JsonPath.parse(expression.substring(0, equals + 1));
      var value = expression.substring(equals + 2);
      return object -> path.print(object).equals(value);
    }
    throw ClientException.usage(
        "--for: expected condition=TYPE, delete or jsonpath='{.PATH}'=VALUE, found \""
            + state
            + "\"");
  }

  private static String title(Selection selection) {
    return KindNames.title(selection.type(), selection.name() == null ? "" : selection.name());
  }
}
