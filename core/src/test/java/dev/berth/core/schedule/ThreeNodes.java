package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;

import dev.berth.core.Controllers;
import dev.berth.core.control.ClusterImage;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.Observed;
import dev.berth.core.control.TestCluster;
import dev.berth.core.model.Json;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.Scope;
import java.util.stream.Collectors;

/** What tests about rules of placement need: n1 and n2 in zone a, n3 in zone b. */
abstract class ThreeNodes {
  final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  void threeNodes() {
    cluster.put(
        node("n1").label("zone", "a").label("size", "5"),
        node("n2").label("zone", "a").label("size", "7").label("disk", "ssd"),
        node("n3").label("zone", "b").label("size", "many"));
  }

  /** The nodes that would take the pod. */
  String placesOf(Manifest manifest) {
    var image = new ClusterImage();
    var everything = cluster.store.list(Scope.everything(), 0, null, 0);
    everything.objects().forEach(object -> image.load(object, cluster.now()));
    var document = manifest.document();
    var pod = new Observed<>(manifest.key(), 1, document, Json.view(document, Pod.class));
    return new PodScheduler()
        .verdicts(image, pod).stream()
            .filter(verdict -> verdict.refusals().isEmpty())
            .map(PodScheduler.Verdict::node)
            .collect(Collectors.joining());
  }

  /** What keeps pods of an app spread over zones. */
  static String spread(String rest) {
    return """
    {'topologySpreadConstraints': [{'maxSkew': 1, 'topologyKey': 'zone',
      'whenUnsatisfiable': 'DoNotSchedule',
      'labelSelector': {'matchLabels': {'app': 'db'}}%s}]}"""
        .formatted(rest);
  }
}
