package dev.berth.bin.client;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code berth undelete}. */
@Command(
    name = "undelete",
    description = {
      "Gives volumes whose claims were deleted, and whose data is still kept, back to claims of the"
          + " same namespace and name.",
      "A claim that waits gets its volume at once; otherwise create the claim again."
    },
    mixinStandardHelpOptions = true)
public final class UndeleteCommand implements Callable<Integer> {
  private final Console console;

  @Mixin final Connection connection = new Connection();

  @Parameters(
      paramLabel = "pv NAME... | pv/NAME...",
      arity = "1..*",
      description = "The volumes; `berth get pv` shows them as Released.")
  List<String> words = new ArrayList<>();

  public UndeleteCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    var api = connection.open();
    var code = 0;
    for (var selection : Selection.parse(words)) {
      var name = selection.name();
      if (!selection.type().equals(ResourceTypes.VOLUME) || name == null) {
        throw ClientException.usage("name the volumes, for example: berth undelete pv/NAME");
      }
      try {
        var path = ApiClient.path(ResourceTypes.VOLUME, null, name) + "/undelete";
        var claim = api.post(path, Json.object()).path("spec").path("claimRef");
        console
            .out()
            .printf(
                "%s given back to claim %s/%s%n",
                KindNames.title(ResourceTypes.VOLUME, name),
                claim.path("namespace").asString(""),
                claim.path("name").asString(""));
      } catch (ClientException e) {
        console.out().flush();
        console.err().println(e.getMessage());
        code = e.exitCode();
      }
    }
    return code;
  }
}
