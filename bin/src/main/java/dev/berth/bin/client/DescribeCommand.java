package dev.berth.bin.client;

import dev.berth.core.model.ResourceTypes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code berth describe}. */
@Command(
    name = "describe",
    description = "Shows objects with everything that happened to them, for people.",
    mixinStandardHelpOptions = true)
public final class DescribeCommand implements Callable<Integer> {
  private final Console console;

  @Mixin final Connection connection = new Connection();
  @Mixin final Scope scope = new Scope();

  @Parameters(
      paramLabel = "KIND [NAME...] | KIND/NAME...",
      description = "For example: pv, pod web.")
  List<String> words = new ArrayList<>();

  public DescribeCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var api = connection.open();
    var described = 0;
    for (var selection : Selection.parse(words)) {
      for (var object : objects(api, selection)) {
        if (described++ > 0) {
          console.out().println();
          console.out().println();
        }
        if (selection.type().equals(ResourceTypes.CLAIM)) {
          ClaimUsage.of(api, object)
              .ifPresent(used -> object.withObject("status").put("used", used));
        }
        var description = new Description(console.out(), Instant.now());
        description.print(selection.type(), object, events(api, object));
      }
    }
    if (described == 0) {
      console.err().println("No resources found");
    }
    return 0;
  }

  private List<ObjectNode> objects(ApiClient api, Selection selection) {
    var type = selection.type();
    if (selection.name() != null) {
      return List.of(api.get(ApiClient.path(type, namespace(), selection.name()), ApiClient.JSON));
    }
    var objects = new ArrayList<ObjectNode>();
    api.get(scope.listTarget(type, null), ApiClient.JSON)
        .path("items")
        .forEach(
            item -> {
              var object = (ObjectNode) item;
              object.put("kind", type.kind());
              objects.add(object);
            });
    return objects;
  }

  private @Nullable String namespace() {
    if (scope.all) {
      throw ClientException.usage(
          "a name is looked up in one namespace: give -n NAMESPACE instead of -A");
    }
    return scope.namespace;
  }

  private static List<ObjectNode> events(ApiClient api, ObjectNode object) {
    var metadata = object.path("metadata");
    var namespace = metadata.path("namespace").asString("");
    var fields =
        "involvedObject.kind="
            + object.path("kind").asString("")
            + ",involvedObject.name="
            + metadata.path("name").asString("");
    var target =
        ApiClient.path(ResourceTypes.EVENT, namespace.isEmpty() ? null : namespace, null)
            + "?fieldSelector="
            + ApiClient.encode(fields);
    var uid = metadata.path("uid").asString("");
    var events = new ArrayList<ObjectNode>();
    for (var event : api.get(target, ApiClient.JSON).path("items")) {
      var about = event.path("involvedObject").path("uid").asString("");
      if (about.isEmpty() || about.equals(uid) || !object.path("kind").asString("").equals("Pod")) {
        events.add((ObjectNode) event);
      }
    }
    events.sort(java.util.Comparator.comparing(EventsCommand::lastSeen));
    return events;
  }
}
