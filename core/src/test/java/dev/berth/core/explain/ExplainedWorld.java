package dev.berth.core.explain;

import static dev.berth.core.control.Manifest.volume;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.TestCluster;
import dev.berth.core.explain.Explanation.Reason;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.storage.ObjectKey;
import java.time.Duration;
import tools.jackson.databind.node.ObjectNode;

/** A cluster whose decider can be asked. */
final class ExplainedWorld {

  /** Longer than any backoff of a decision. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  static Manifest disk(String name, String size, String host) {
    return volume(name, size).classed("local").on(host).phase("Available");
  }

  /** The reasons of one candidate: {@code rule: needed / found}. */
  static String reasons(Explanation explanation, String candidate) {
    var text = new StringBuilder();
    for (var each : explanation.candidates()) {
      if (each.name().equals(candidate)) {
        for (Reason reason : each.reasons()) {
          text.append(reason.rule())
              .append(": ")
              .append(reason.needed())
              .append(" / ")
              .append(reason.found())
              .append('\n');
        }
      }
    }
    return text.toString().strip();
  }

  static Manifest spread(String name) {
    return Manifest.claim(name, "1Gi")
        .classed("local")
        .annotation(PersistentVolumeClaim.VOLUME_SPREAD, "db")
        .annotation(PersistentVolumeClaim.VOLUME_SPREAD_TOPOLOGY, "rack");
  }

  ExplainedWorld put(Manifest... manifests) {
    cluster.put(manifests).settle();
    return this;
  }

  Explanation pod(String name) {
    return of(Keys.pod("default", name));
  }

  Explanation claim(String name) {
    return of(Keys.claim("default", name));
  }

  Explanation of(ObjectKey key) {
    var answer = Explanations.of(cluster.loop()).of(key, cluster.store.revision(), 100);
    cluster.settle();
    return answer.join().orElseThrow();
  }

  /** Does what the explanation says, as an administrator would, and lets time pass. */
  void apply(Explanation explanation) {
    explanation.changes().forEach(this::apply);
    cluster.settle().pass(PATIENCE);
  }

  private void apply(Remedy remedy) {
    switch (remedy) {
      case Remedy.Change change ->
          cluster.change(change.key(), object -> merge(object, change.patch()));
      case Remedy.Delete delete -> cluster.remove(delete.key());
      case Remedy.Create create -> {
        var made = Manifest.of(create.key(), "v1", create.object().path("kind").asString(""));
        merge(made.tree(), create.object());
        cluster.put(made);
      }
    }
  }

  /** RFC 7396. */
  private static void merge(ObjectNode into, ObjectNode patch) {
    for (var entry : patch.properties()) {
      if (entry.getValue().isNull()) {
        into.remove(entry.getKey());
      } else if (entry.getValue() instanceof ObjectNode inner) {
        merge(into.withObject("/" + escaped(entry.getKey())), inner);
      } else {
        into.set(entry.getKey(), entry.getValue());
      }
    }
  }

  private static String escaped(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}
