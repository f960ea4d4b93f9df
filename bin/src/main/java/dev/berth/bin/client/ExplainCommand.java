package dev.berth.bin.client;

import dev.berth.core.model.ResourceTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code berth explain}. */
@Command(
    name = "explain",
    description = {
      "Says why pods and claims wait: for each node or volume what was needed, what was there and"
          + " which rule says no, and the smallest change that would help."
    },
    mixinStandardHelpOptions = true)
public final class ExplainCommand implements Callable<Integer> {
  private static final List<String> HEADER = List.of("CANDIDATE", "RULE", "NEEDED", "FOUND");

  private final Console console;

  @Mixin final Connection connection = new Connection();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      description = "Of this namespace (default: ${DEFAULT-VALUE}).")
  String namespace = "default";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORM",
      description = "json.")
  String output = "";

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "How many candidates to show (default: ${DEFAULT-VALUE}).")
  int limit = 20;

  @Parameters(
      paramLabel = "pod/NAME | pvc/NAME",
      arity = "1..*",
      description = "The pods and claims.")
  List<String> words = new ArrayList<>();

  public ExplainCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (!List.of("", "json").contains(output)) {
      throw ClientException.usage("-o: expected json, found \"" + output + "\"");
    }
    if (limit < 1) {
      throw ClientException.usage("--limit: expected a number from 1 up, found " + limit);
    }
    var api = connection.open();
    var explained = 0;
    for (var selection : Selection.parse(words)) {
      var type = selection.type();
      var name = selection.name();
      if (name == null || !(type.equals(ResourceTypes.POD) || type.equals(ResourceTypes.CLAIM))) {
        throw ClientException.usage("name pods or claims, for example: berth explain pvc/NAME");
      }
      var path = ApiClient.path(type, namespace, name) + "/explain?limit=" + limit;
      var explanation = api.get(path, ApiClient.JSON);
      if (output.equals("json")) {
        console.out().println(explanation.toPrettyString());
        continue;
      }
      if (explained++ > 0) {
        console.out().println();
      }
      print(KindNames.title(type, name), explanation);
    }
    return 0;
  }

  private void print(String title, JsonNode explanation) {
    var out = console.out();
    out.printf("%s: %s%n", title, explanation.path("summary").asString(""));
    var needed = texts(explanation.path("needed"));
    if (!needed.isEmpty()) {
      out.printf("Needs: %s%n", needed);
    }
    var rows = new ArrayList<List<String>>();
    rows.add(HEADER);
    for (var candidate : explanation.path("candidates")) {
      var name = title(candidate);
      if (candidate.path("fits").asBoolean(false)) {
        rows.add(List.of(name, "fits", "", ""));
      }
      for (var reason : candidate.path("reasons")) {
        rows.add(row(name, reason));
        name = "";
      }
    }
    if (rows.size() > 1) {
      out.println();
      new TablePrinter(out).print(rows);
      var left = explanation.path("candidatesLeft").asInt(0);
      if (left > 0) {
        out.printf("... and %d more (--limit)%n", left);
      }
    }
    var advice = explanation.path("advice").asString("");
    if (!advice.isEmpty()) {
      out.printf("%nWhat would help: %s%n", advice);
    }
  }

  private static String title(JsonNode candidate) {
    var kind = candidate.path("kind").asString("").equals("Node") ? "node/" : "pv/";
    return kind + candidate.path("name").asString("");
  }

  private static List<String> row(String name, JsonNode reason) {
    var found = reason.path("found").asString("");
    return List.of(
        name,
        reason.path("rule").asString(""),
        reason.path("needed").asString(""),
        found.isEmpty() ? reason.path("message").asString("") : found);
  }

  private static String texts(JsonNode list) {
    return list.valueStream().map(JsonNode::asString).collect(Collectors.joining(", "));
  }
}
