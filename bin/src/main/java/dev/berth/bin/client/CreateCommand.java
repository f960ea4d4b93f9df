package dev.berth.bin.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code berth create}. */
@Command(
    name = "create",
    description = "Creates the objects of manifests; fails where one exists.",
    mixinStandardHelpOptions = true)
public final class CreateCommand implements Callable<Integer> {
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

  public CreateCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var api = connection.open();
    return ManifestRun.each(
        Manifests.read(files, console.in()),
        namespace,
        console,
        (type, in, manifest) -> {
          var target = ApiClient.path(type, in, null) + "?fieldManager=berth-client-create";
          var created = api.post(target, manifest);
          var name = created.path("metadata").path("name").asString("");
          return KindNames.title(type, name) + " created";
        });
  }
}
