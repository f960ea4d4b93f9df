package dev.berth.core.explain;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.explain.ExplainedWorld.disk;
import static dev.berth.core.explain.ExplainedWorld.reasons;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.binding.Provisioning;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.explain.Explanation.Candidate;
import dev.berth.core.model.PersistentVolumeClaim;
import org.junit.jupiter.api.Test;

/** What people are told about the claims of a volume group, and their pods. */
class GroupExplanationTest {
  private final ExplainedWorld world = new ExplainedWorld();

  private static Manifest grouped(String name, String type) {
    return claim(name, "5Gi")
        .classed(type)
        .annotation(PersistentVolumeClaim.VOLUME_GROUP, "g")
        .annotation(PersistentVolumeClaim.VOLUME_GROUP_SIZE, "2");
  }

  @Test
  void aGroupIsToldNodeByNodeWhatItLacks() {
    world.put(
        storageClass("now", false),
        node("n1"),
        node("n2"),
        disk("a", "5Gi", "n1").classed("now").phase("Available"),
        disk("b", "5Gi", "n2").classed("now").phase("Available"),
        disk("small", "1Gi", "n2").classed("now").phase("Available"),
        grouped("c1", "now"),
        grouped("c2", "now"));
    var why = world.claim("c1");
    assertThat(why.summary())
        .isEqualTo(
            "none of 2 nodes has volumes for all 2 claims of volume group g that need one: 2"
                + " node(s) didn't find available persistent volumes to bind");
    assertThat(reasons(why, "n2"))
        .contains("no-volume: claim c1: 5Gi / volume small: 1Gi")
        .contains("no-volume: claim c2: 5Gi / volume small: 1Gi");
    assertThat(why.changes()).as("one disk more on one of them").hasSize(1);
    world.apply(why);
    assertThat(world.claim("c1").waiting() || world.claim("c2").waiting()).isFalse();
  }

  @Test
  void aPodIsToldWhoHasToBeThereWithIt() {
    world.put(
        storageClass("local", true),
        node("n1").taint("db", "", "NoSchedule"),
        disk("a", "5Gi", "n1"),
        disk("b", "5Gi", "n1"),
        grouped("c1", "local"),
        grouped("c2", "local"));
    world.cluster.put(pod("p1", "c1").tolerate("db"), pod("p2", "c2"));
    world.cluster.settle();
    var why = world.pod("p1");
    assertThat(reasons(why, "n1"))
        .isEqualTo(
            "company: room beside it for p2 / no room for p2 (node(s) had untolerated taint {db:"
                + " })");
    assertThat(why.advice()).isEqualTo("kubectl taint node n1 db:NoSchedule-");
    world.apply(why);
    assertThat(world.pod("p1").summary()).startsWith("it was given to node n1");
    assertThat(world.pod("p2").summary()).startsWith("it was given to node n1");
  }

  @Test
  void aGroupIsToldWhichNodeCouldNotMakeWhatItNeeds() {
    var until = "2026-01-03T01:00:00Z";
    world.put(
        storageClass("loop", false).set("loop.berth.dev", "provisioner"),
        node("n1"),
        grouped("c1", "loop").annotation(Provisioning.REFUSED_BY, until + " n1"),
        grouped("c2", "loop"));
    assertThat(reasons(world.claim("c1"), "n1"))
        .isEqualTo(
            "no-volume: claim c1: a node that has not just failed to make it / a new volume: it"
                + " failed, see the claim's events, and is asked again after "
                + until);
  }

  @Test
  void ofManyNodesAGroupIsToldAsManyAsAreAskedFor() {
    for (var i = 10; i < 30; i++) {
      world.put(node("n" + i), disk("v" + i, "5Gi", "n" + i).classed("now"));
    }
    world.put(storageClass("now", false), grouped("c1", "now"), grouped("c2", "now"));
    var answer =
        Explanations.of(world.cluster.loop())
            .of(Keys.claim("default", "c1"), world.cluster.store.revision(), 3);
    world.cluster.settle();
    var why = answer.join().orElseThrow();
    assertThat(why.candidates()).extracting(Candidate::name).containsExactly("n10", "n11", "n12");
    assertThat(why.left()).isEqualTo(17);
    assertThat(why.summary()).contains("20 node(s) didn't find available persistent volumes");
  }
}
