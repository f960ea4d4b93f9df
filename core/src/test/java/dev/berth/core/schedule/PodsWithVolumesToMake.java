package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.TestCluster;
import dev.berth.core.model.PersistentVolumeClaim;
import java.time.Duration;

/** What tests about pods need whose volumes have to be made first; the test is who makes them. */
abstract class PodsWithVolumesToMake {
  static final String OURS = "loop.berth.dev";
  static final String FOREIGN = "example.com/disks";
  static final String HOSTNAME = "kubernetes.io/hostname";
  static final Duration LONGEST_BACKOFF = Duration.ofSeconds(10);

  final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  void world(String provisioner, Manifest... nodes) {
    cluster.put(storageClass("made", true).set(provisioner, "provisioner")).put(nodes);
  }

  static Manifest small(String name) {
    return node(name).set("2", "status", "allocatable", "cpu");
  }

  /** Each with a claim of its own. */
  void create(Manifest... pods) {
    for (var each : pods) {
      var name = "c-" + each.key().name();
      cluster.put(claim(name, "1Gi").uid("u-" + each.key().name()).classed("made"), each);
    }
    cluster.settle();
  }

  static Manifest user(String name) {
    return pod(name, "c-" + name).requests("cpu", "1");
  }

  /** The node that has to make the volume of the pod. */
  String askedOf(String pod) {
    return cluster.annotation(
        Keys.claim("default", "c-" + pod), PersistentVolumeClaim.SELECTED_NODE);
  }

  /** The node where room is kept for the pod. */
  String keptFor(String pod) {
    return cluster.at(Keys.pod("default", pod), "status", "nominatedNodeName");
  }

  /** The node answers. */
  void answer(String pod, String word) {
    cluster.answer("pvc-u-" + pod, word).pass(LONGEST_BACKOFF);
  }
}
