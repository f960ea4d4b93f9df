package dev.berth.bin.client;

import dev.berth.core.model.ResourceType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** {@code berth apply}. */
@Command(
    name = "apply",
    description = "Creates objects, or brings them to what the manifests say.",
    mixinStandardHelpOptions = true)
public final class ApplyCommand implements Callable<Integer> {
  private static final String MANAGER = "?fieldManager=berth-client-apply";

  private final Console console;

  @Mixin final Connection connection = new Connection();

  @Option(
      names = {"-f", "--filename"},
      paramLabel = "FILE",
      description = "File or directory to read, or - for standard input; may be repeated.")
  List<String> files = new ArrayList<>();

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAMESPACE",
      description = "Namespace of objects that name none (default: default).")
  String namespace = Scope.DEFAULT_NAMESPACE;

  public ApplyCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var api = connection.open();
    return ManifestRun.each(
        Manifests.read(files, console.in()),
        namespace,
        console,
        (type, in, o) -> apply(api, type, in, o));
  }

  private String apply(ApiClient api, ResourceType type, @Nullable String in, ObjectNode manifest) {
    var name = manifest.path("metadata").path("name").asString("");
    if (name.isEmpty()) {
      throw ClientException.failed(
          "apply needs metadata.name of this " + type.kind() + " (create can generate one)");
    }
    if (in != null) {
      // As kubectl does, so that both note the same manifest.
      manifest.withObject("/metadata").put("namespace", in);
    }
    var path = ApiClient.path(type, in, name);
    var live = api.find(path).orElse(null);
    if (live == null) {
      api.post(ApiClient.path(type, in, null) + MANAGER, ThreeWayMerge.noted(manifest));
      return KindNames.title(type, name) + " created";
    }
    var patch = ThreeWayMerge.patch(manifest, live);
    if (patch.isEmpty()) {
      return KindNames.title(type, name) + " unchanged";
    }
    var result = api.patch(path + MANAGER, ApiClient.MERGE_PATCH, patch);
    return KindNames.title(type, name) + (same(live, result) ? " unchanged" : " configured");
  }

  private static boolean same(ObjectNode before, ObjectNode after) {
    return version(before).equals(version(after));
  }

  private static String version(ObjectNode object) {
    return object.path("metadata").path("resourceVersion").asString("");
  }
}
