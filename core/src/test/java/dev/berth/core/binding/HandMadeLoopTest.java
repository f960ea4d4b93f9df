package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.TestCluster;
import dev.berth.core.model.KeepTime;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.WipeMethod;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.storage.ObjectKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What becomes of an image in a pool whose volume was made by hand: the test is the node. */
class HandMadeLoopTest {
  private static final ObjectKey C = Keys.claim("default", "c");
  private static final ObjectKey V = Keys.volume("v");

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  private static Manifest loop() {
    var volume = volume("v", "1Gi").on("n1").policy("Delete");
    var spec = volume.tree().withObject("spec");
    spec.remove("local");
    spec.remove("hostPath");
    spec.putObject("csi").put("driver", "loop.berth.dev").put("volumeHandle", "v");
    return volume.annotation(PersistentVolume.FS_UUID, "1234");
  }

  private void released(Manifest volume) {
    cluster.put(node("n1"), node("n2"), volume, claim("c", "1Gi").uid("u1")).settle();
    assertThat(cluster.volume("v")).isEqualTo("Bound c");
    cluster.delete(C).settle();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
  }

  private String asked() {
    return cluster.annotation(V, ProvisionProtocol.PROVISION);
  }

  private void nodeSays(String word) {
    var generation = asked().substring(asked().indexOf('/'));
    cluster
        .change(
            V,
            volume ->
                volume
                    .withObject("metadata")
                    .withObject("annotations")
                    .put(ProvisionProtocol.PROVISION, word + generation))
        .settle();
  }

  private void setPolicy(String policy) {
    cluster
        .change(V, v -> v.withObject("spec").put("persistentVolumeReclaimPolicy", policy))
        .settle();
  }

  @Test
  void itIsFreeAgainWhenItsNodeHasRemovedTheImage() {
    released(loop());
    assertThat(asked()).startsWith("removal/");
    assertThat(cluster.annotation(V, ProvisionProtocol.NODE)).isEqualTo("n1");
    cluster.put(claim("d", "1Gi")).settle();
    nodeSays("removing");
    assertThat(cluster.claim("d")).as("nobody gets it before").isEqualTo("Pending");
    nodeSays("removed");
    assertThat(cluster.volume("v")).isEqualTo("Bound d");
    assertThat(asked()).isEmpty();
    assertThat(cluster.annotation(V, ProvisionProtocol.NODE)).isEmpty();
    assertThat(cluster.annotation(V, PersistentVolume.FS_UUID)).isEmpty();
    assertThat(cluster.events()).anyMatch(event -> event.startsWith("v Normal VolumeWiped: "));
    cluster.delete(Keys.claim("default", "d")).settle();
    assertThat(asked()).as("and once more").startsWith("removal/");
  }

  @Test
  void oneThatFailedBeforeThereWasADeleterIsTakenUp() {
    cluster.put(node("n1"), loop().claimRef("c", "gone").phase("Failed")).settle();
    assertThat(asked()).startsWith("removal/");
    nodeSays("removed");
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  @Test
  void whoeverKeepsItInTimeHasItAsItWas() {
    released(loop());
    setPolicy("Retain");
    assertThat(asked()).isEmpty();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(cluster.annotation(V, PersistentVolume.FS_UUID)).isEqualTo("1234");
    setPolicy("Delete");
    nodeSays("removing");
    setPolicy("Retain");
    assertThat(asked()).as("its node has begun").startsWith("removing/");
    nodeSays("removed");
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  @Test
  void itsObjectStaysUntilTheImageIsGone() {
    released(loop());
    cluster.delete(V).settle();
    assertThat(cluster.exists(V)).isTrue();
    nodeSays("removed");
    assertThat(cluster.exists(V)).isFalse();
  }

  @Test
  void itWaitsForItsNode() {
    cluster.put(loop().claimRef("c", "gone").phase("Bound")).settle();
    assertThat(asked()).isEmpty();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(cluster.events())
        .anyMatch(event -> event.contains("VolumeFailedDelete") && event.contains("no node"));
    cluster.put(node("n1")).settle();
    assertThat(asked()).startsWith("removal/");
  }

  @Test
  void itsClassKeepsItForAWhile() {
    cluster.put(storageClass("slow", false).annotation(KeepTime.ANNOTATION, "1h"));
    cluster.put(node("n1"), loop().classed("slow"), claim("c", "1Gi").classed("slow")).settle();
    cluster.delete(C).settle();
    assertThat(asked()).isEmpty();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    cluster.pass(Duration.ofHours(2));
    assertThat(asked()).startsWith("removal/");
  }

  @Test
  void nothingIsRemovedWhereNoWipeIsAskedFor() {
    released(loop().annotation(WipeMethod.ANNOTATION, "none"));
    assertThat(asked()).isEmpty();
    assertThat(cluster.at(V, "status", "message")).contains("asks for no wipe");
  }

  @Test
  void aCordonedOneIsEmptiedButNotOffered() {
    released(loop());
    cluster.change(
        V, v -> v.withObject("metadata").withObject("annotations").put(Cordon.ANNOTATION, "true"));
    nodeSays("removed");
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    cluster
        .change(
            V,
            v -> v.withObject("metadata").withObject("annotations").put(Cordon.ANNOTATION, "false"))
        .settle();
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  private void cordon(String word) {
    cluster
        .change(
            V, v -> v.withObject("metadata").withObject("annotations").put(Cordon.ANNOTATION, word))
        .settle();
  }

  @Test
  void nothingOfACordonedOneIsRemovedUnlessThatIsAskedFor() {
    released(loop().annotation(Cordon.ANNOTATION, "true").claimRef("c", "u1"));
    assertThat(asked()).isEmpty();
    assertThat(cluster.at(V, "status", "message")).contains("the volume is cordoned");
    cordon("wipe");
    assertThat(asked()).startsWith("removal/");
    assertThat(cluster.at(V, "status", "message")).isEmpty();
    nodeSays("removed");
    assertThat(cluster.volume("v")).as("it is not offered").isEqualTo("Released c");
    cordon("false");
    assertThat(cluster.volume("v")).isEqualTo("Available");
  }

  @Test
  void aNodeThatOnlyStandsInForItsHostIsNotAsked() {
    var volume = loop();
    var term =
        volume
            .tree()
            .withObject("spec")
            .putObject("nodeAffinity")
            .putObject("required")
            .putArray("nodeSelectorTerms")
            .addObject();
    var zone = term.putArray("matchExpressions").addObject();
    zone.put("key", "zone").put("operator", "In").putArray("values").add("a");
    cluster.put(node("n2").label("zone", "a"), volume.claimRef("c", "gone").phase("Bound"));
    cluster.settle();
    assertThat(asked()).as("n1 may be away").isEmpty();
    assertThat(cluster.volume("v")).isEqualTo("Released c");
    assertThat(cluster.events())
        .anyMatch(event -> event.contains("VolumeFailedDelete") && event.contains("Retain"));
  }
}
