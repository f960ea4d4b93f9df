package dev.berth.bin.client;

import dev.berth.core.model.ResourceTypes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code berth events}. */
@Command(
    name = "events",
    description = "Shows what happened, the newest last.",
    mixinStandardHelpOptions = true)
public final class EventsCommand implements Callable<Integer> {
  private static final List<String> HEADER =
      List.of("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE");

  private final Console console;

  @Mixin final Connection connection = new Connection();
  @Mixin final Scope scope = new Scope();

  @Option(names = "--for", paramLabel = "KIND/NAME", description = "Only about this object.")
  String about = "";

  @Option(
      names = {"-w", "--watch"},
      description = "Go on with every new event, until interrupted.")
  boolean watch;

  public EventsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var api = connection.open();
    if (!about.isEmpty()) {
      var selection = Selection.parse(List.of(about)).getFirst();
      var fields =
          "involvedObject.kind="
              + selection.type().kind()
              + ",involvedObject.name="
              + selection.name();
      scope.fields = scope.fields.isEmpty() ? fields : scope.fields + "," + fields;
      scope.all |= !selection.type().namespaced();
    }
    var list = api.get(scope.listTarget(ResourceTypes.EVENT, null), ApiClient.JSON);
    var events = new ArrayList<JsonNode>();
    list.path("items").forEach(events::add);
    events.sort(Comparator.comparing(EventsCommand::lastSeen));
    if (events.isEmpty() && !watch) {
      console
          .err()
          .println("No events found" + (scope.all ? "" : " in " + scope.namespace + " namespace."));
      return 0;
    }
    var printer = new TablePrinter(console.out());
    printer.print(rows(events, true));
    if (watch) {
      console.out().flush();
      var revision = list.path("metadata").path("resourceVersion").asString("");
      var target =
          scope.listTarget(ResourceTypes.EVENT, null, "watch", "true", "resourceVersion", revision);
      api.watch(
          target,
          ApiClient.JSON,
          event -> {
            if (!event.path("type").asString("").equals("DELETED")) {
              printer.print(rows(List.of(event.path("object")), false));
              console.out().flush();
            }
            return true;
          });
    }
    return 0;
  }

  private List<List<String>> rows(List<JsonNode> events, boolean header) {
    var now = Instant.now();
    var rows = new ArrayList<List<String>>();
    if (header) {
      rows.add(withNamespace("NAMESPACE", HEADER));
    }
    for (var event : events) {
      var involved = event.path("involvedObject");
      rows.add(
          withNamespace(
              event.path("metadata").path("namespace").asString(""),
              List.of(
                  Durations.since(lastSeen(event), now),
                  event.path("type").asString(""),
                  event.path("reason").asString(""),
                  involved.path("kind").asString("") + "/" + involved.path("name").asString(""),
                  event.path("message").asString("").strip())));
    }
    return rows;
  }

  private List<String> withNamespace(String namespace, List<String> cells) {
    if (!scope.all) {
      return cells;
    }
    var result = new ArrayList<String>();
    result.add(namespace);
    result.addAll(cells);
    return result;
  }

  /** When an event was seen last, as a timestamp that sorts. */
  static String lastSeen(JsonNode event) {
    for (var field : List.of("lastTimestamp", "eventTime", "firstTimestamp")) {
      var value = event.path(field).asString("");
      if (!value.isEmpty()) {
        return value;
      }
    }
    return event.path("metadata").path("creationTimestamp").asString("");
  }
}
