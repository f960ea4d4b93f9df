package dev.berth.bin.client;

import dev.berth.core.model.ResourceType;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Does the same with every object of some manifests, and goes on after one that fails. */
final class ManifestRun {

  private ManifestRun() {}

  /** What is done with one object. */
  interface Step {
    /**
     * @param namespace of the object, null for a kind without
     * @return what to print
     */
    String run(ResourceType type, @Nullable String namespace, ObjectNode manifest);
  }

  /** The exit code: 0 when all went well. */
  static int each(
      List<Manifests.Manifest> manifests, String namespace, Console console, Step step) {
    var code = 0;
    for (var manifest : manifests) {
      var object = manifest.object();
      try {
        var type = KindNames.of(object, manifest.source());
        var stated = object.path("metadata").path("namespace").asString("");
        var in = !type.namespaced() ? null : stated.isEmpty() ? namespace : stated;
        console.out().println(step.run(type, in, object));
      } catch (ClientException e) {
        console.out().flush();
        var prefix = e.getMessage().startsWith(manifest.source()) ? "" : manifest.source() + ": ";
        console.err().println(prefix + e.getMessage());
        code = e.exitCode();
      }
    }
    return code;
  }
}
