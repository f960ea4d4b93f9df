package dev.berth.bin.client;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code berth delete}. */
@Command(
    name = "delete",
    description =
        "Deletes objects, by name or as manifests name them, and waits until they are gone.",
    mixinStandardHelpOptions = true)
public final class DeleteCommand implements Callable<Integer> {
  private final Console console;

  @Mixin final Connection connection = new Connection();
  @Mixin final Scope scope = new Scope();

  @Parameters(
      paramLabel = "KIND NAME... | KIND/NAME...",
      description = "What to delete, unless -f is given.")
  List<String> words = new ArrayList<>();

  @Option(
      names = {"-f", "--filename"},
      paramLabel = "FILE",
      description = "Delete what these manifests name; may be repeated.")
  List<String> files = new ArrayList<>();

  @Option(names = "--all", description = "All objects of the kind in the namespace.")
  boolean everything;

  @Option(
      names = "--wait",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      arity = "0..1",
      paramLabel = "BOOLEAN",
      description = "Wait until the objects are gone (default: true).")
  boolean wait;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      description = "How long to wait, for example 30s (default: without end).")
  String timeout = "";

  @Option(
      names = "--grace-period",
      paramLabel = "SECONDS",
      description = "How long a pod may take to stop (default: its own setting).")
  @Nullable Long gracePeriodSeconds;

  @Option(names = "--ignore-not-found", description = "An object that is not there is no failure.")
  boolean ignoreNotFound;

  public DeleteCommand(Console console) {
    this.console = console;
  }

  /** One object on its way out. */
  private record Leaving(ResourceType type, @Nullable String namespace, String name, String uid) {}

  @Override
  public Integer call() {
    var api = connection.open();
    var leaving = new ArrayList<Leaving>();
    int code;
    if (files.isEmpty()) {
      code = named(api, leaving);
    } else if (words.isEmpty()) {
      code =
          ManifestRun.each(
              Manifests.read(files, console.in()),
              scope.namespace,
              console,
              (type, in, o) ->
                  delete(api, type, in, o.path("metadata").path("name").asString(""), leaving));
    } else {
      throw ClientException.usage("delete by name or with -f, not both");
    }
    console.out().flush();
    if (wait) {
      var deadline =
          Deadline.in(timeout.isEmpty() ? Duration.ofDays(3650) : Durations.parse(timeout));
      for (var object : leaving) {
        await(api, object, deadline);
      }
    }
    return code;
  }

  private int named(ApiClient api, List<Leaving> leaving) {
    var code = 0;
    for (var selection : Selection.parse(words)) {
      for (var name : names(api, selection)) {
        try {
          console.out().println(delete(api, selection.type(), scope.namespace, name, leaving));
        } catch (ClientException e) {
          console.out().flush();
          console.err().println(e.getMessage());
          code = e.exitCode();
        }
      }
    }
    return code;
  }

  private List<String> names(ApiClient api, Selection selection) {
    if (selection.name() != null) {
      return List.of(selection.name());
    }
    if (!everything && !scope.narrowed()) {
      throw ClientException.usage("name what to delete, or give -l SELECTOR or --all");
    }
    if (scope.all) {
      throw ClientException.usage("delete works in one namespace: give -n NAMESPACE");
    }
    var names = new ArrayList<String>();
    api.get(scope.listTarget(selection.type(), null), ApiClient.JSON)
        .path("items")
        .forEach(item -> names.add(item.path("metadata").path("name").asString("")));
    return names;
  }

  private String delete(
      ApiClient api,
      ResourceType type,
      @Nullable String namespace,
      String name,
      List<Leaving> leaving) {
    var in = type.namespaced() ? namespace : null;
    var options = Json.object();
    options.put("apiVersion", "v1").put("kind", "DeleteOptions");
    options.put("propagationPolicy", "Background");
    if (gracePeriodSeconds != null) {
      options.put("gracePeriodSeconds", gracePeriodSeconds);
    }
    var path = ApiClient.path(type, in, name);
    var before = api.find(path).orElse(null);
    if (before == null && ignoreNotFound) {
      return KindNames.title(type, name) + " not found";
    }
    api.delete(path, options);
    leaving.add(new Leaving(type, in, name, uid(before)));
    return KindNames.title(type, name) + " deleted";
  }

  private void await(ApiClient api, Leaving object, Deadline deadline) {
    var path = ApiClient.path(object.type(), object.namespace(), object.name());
    while (true) {
      var now = api.find(path).orElse(null);
      if (now == null || !uid(now).equals(object.uid())) {
        return;
      }
      var target =
          ApiClient.path(object.type(), object.namespace(), null)
              + "?watch=true&fieldSelector=metadata.name%3D"
              + ApiClient.encode(object.name())
              + "&resourceVersion="
              + now.path("metadata").path("resourceVersion").asString("")
              + "&timeoutSeconds="
              + deadline.secondsLeft(
                  "waiting for " + KindNames.title(object.type(), object.name()) + " to be gone");
      api.watch(
          target, ApiClient.JSON, event -> !event.path("type").asString("").equals("DELETED"));
    }
  }

  private static String uid(@Nullable ObjectNode object) {
    return object == null ? "" : object.path("metadata").path("uid").asString("");
  }
}
