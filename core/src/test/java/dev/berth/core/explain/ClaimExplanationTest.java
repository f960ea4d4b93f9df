package dev.berth.core.explain;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static dev.berth.core.explain.ExplainedWorld.disk;
import static dev.berth.core.explain.ExplainedWorld.reasons;
import static dev.berth.core.explain.ExplainedWorld.spread;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What people are told about a claim. */
class ClaimExplanationTest {
  private final ExplainedWorld world = new ExplainedWorld();

  @Test
  void aClaimToldOfEachVolumeWhatIsWrongWithIt() {
    world.put(
        storageClass("now", false),
        volume("other", "10Gi").classed("now").claimRef("else", "x").phase("Bound"),
        volume("once", "10Gi").classed("now").modes("ReadOnlyMany").phase("Available"),
        volume("plain", "10Gi").classed("now").phase("Available"),
        claim("c", "5Gi").classed("now").selector("tier", "gold"));
    var why = world.claim("c");
    assertThat(why.summary()).isEqualTo("none of 3 volumes of class \"now\" fits");
    assertThat(reasons(why, "plain")).isEqualTo("selector: labels tier=gold / labels none");
    assertThat(reasons(why, "once"))
        .startsWith("access-modes: ReadWriteOnce / ReadOnlyMany\nselector:");
    assertThat(why.advice()).isEqualTo("kubectl label pv plain tier=gold --overwrite");
  }

  @Test
  void aClaimWhoseVolumeIsMadeByNodesIsToldWhatEachHasAgainstIt() {
    var type = storageClass("loop", false).set("loop.berth.dev", "provisioner");
    type.tree()
        .putArray("allowedTopologies")
        .addObject()
        .putArray("matchLabelExpressions")
        .addObject()
        .put("key", "rack")
        .putArray("values")
        .add("b");
    world.put(
        type,
        node("n1").label("rack", "a"),
        node("n2").label("rack", "b").spec("{'unschedulable': true}"),
        claim("c", "5Gi").classed("loop"));
    var why = world.claim("c");
    assertThat(why.summary()).isEqualTo("none of 2 nodes can make its volume");
    assertThat(reasons(why, "n1")).startsWith("topology: ");
    assertThat(reasons(why, "n2"))
        .isEqualTo("node-closed: a node that is ready and not cordoned / cordoned");
    world.put(node("n3").label("rack", "b"));
    assertThat(world.claim("c").summary()).startsWith("waiting for node n3 to make volume pvc-");
  }

  @Test
  void aClaimThatMustBeApartIsAdvisedToWhereItMayBe() {
    world.put(
        storageClass("now", false),
        node("n1").label("rack", "a"),
        node("n2").label("rack", "a"),
        disk("v1", "1Gi", "n1").classed("now"),
        disk("v2", "1Gi", "n2").classed("now"));
    world.put(spread("c1").classed("now"));
    world.put(spread("c2").classed("now"));
    assertThat(world.claim("c2").changes()).isEmpty();
    assertThat(world.claim("c2").advice())
        .isEqualTo(
            "create a volume that fits on a node of another rack than those of the claims with"
                + " berth.dev/volume-spread=db");
    assertThat(world.cluster.events())
        .anyMatch(
            event ->
                event.startsWith("c2 Normal FailedBinding: ")
                    && event.contains("on another rack than those with"));
    world.put(node("n3").label("rack", "b"));
    var why = world.claim("c2");
    assertThat(why.advice()).contains("on node n3");
    world.apply(why);
    assertThat(world.claim("c2").waiting()).isFalse();
  }

  @Test
  void aClassWhoseProvisionerDoesNotExistMakesNothing() {
    world.put(
        storageClass("disk", false).set("berth.dev/disk", "provisioner"),
        node("n1"),
        claim("c", "5Gi").classed("disk"));
    var why = world.claim("c");
    assertThat(why.summary())
        .isEqualTo(
            "none of 0 volumes of class \"disk\" fits, and the class's provisioner berth.dev/disk"
                + " does not exist");
    assertThat(why.changes()).as("a volume by hand").hasSize(1);
    assertThat(world.cluster.events())
        .contains(
            "c Warning ProvisioningFailed: no volume of class \"disk\" fits this claim, and its"
                + " provisioner berth.dev/disk does not exist: create a PersistentVolume of this"
                + " class");
    world.apply(why);
    assertThat(world.claim("c").waiting()).isFalse();
  }

  @Test
  void aPodDoesNotWaitForAProvisionerThatDoesNotExist() {
    world.put(
        storageClass("disk", true).set("berth.dev/disk", "provisioner"),
        node("n1"),
        claim("c", "5Gi").classed("disk"),
        pod("p", "c"));
    var why = world.pod("p");
    assertThat(why.summary()).contains("didn't find available persistent volumes to bind");
    world.apply(why);
    assertThat(world.pod("p").summary()).startsWith("it was given to node n1");
  }
}
