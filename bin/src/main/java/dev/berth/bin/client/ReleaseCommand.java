package dev.berth.bin.client;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code berth release}. */
@Command(
    name = "release",
    description = {
      "Makes volumes whose claims were deleted available to any claim.",
      "One that still holds data is refused unless --with-data says that this is meant."
    },
    mixinStandardHelpOptions = true)
public final class ReleaseCommand implements Callable<Integer> {
  private final Console console;

  @Mixin final Connection connection = new Connection();

  @Option(
      names = "--with-data",
      description = "Also where whoever gets the volume next gets the former claim's data.")
  boolean withData;

  @Parameters(
      paramLabel = "pv NAME... | pv/NAME...",
      arity = "1..*",
      description = "The volumes; `berth get pv` shows them as Released.")
  List<String> words = new ArrayList<>();

  public ReleaseCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var api = connection.open();
    var code = 0;
    for (var selection : Selection.parse(words)) {
      var name = selection.name();
      if (!selection.type().equals(ResourceTypes.VOLUME) || name == null) {
        throw ClientException.usage("name the volumes, for example: berth release pv/NAME");
      }
      try {
        var path = ApiClient.path(ResourceTypes.VOLUME, null, name) + "/release";
        api.post(withData ? path + "?withData=true" : path, Json.object());
        console.out().println(KindNames.title(ResourceTypes.VOLUME, name) + " released");
      } catch (ClientException e) {
        console.out().flush();
        console.err().println(e.getMessage());
        code = e.exitCode();
      }
    }
    return code;
  }
}
