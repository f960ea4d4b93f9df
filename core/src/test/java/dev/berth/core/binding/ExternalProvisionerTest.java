package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.TestCluster;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.storage.ObjectKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Volumes that somebody else's program makes: the test is that program. */
class ExternalProvisionerTest {
  private static final ObjectKey C = Keys.claim("default", "c");
  private static final String BETA = "volume.beta.kubernetes.io/storage-provisioner";
  private static final String SELECTED = "volume.kubernetes.io/selected-node";

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  private static Manifest type(boolean delayed) {
    return storageClass("x", delayed).set("example.com/disks", "provisioner");
  }

  private void world(boolean delayed) {
    cluster.put(type(delayed), node("n1"), node("n2"), claim("c", "1Gi").uid("u1").classed("x"));
    cluster.settle();
  }

  /** What it does when it has made a volume. */
  private void made(String host) {
    cluster
        .put(volume("pvc-u1", "2Gi").classed("x").on(host).policy("Delete").claimRef("c", "u1"))
        .settle();
  }

  @Test
  void anImmediateClaimIsHandedOverAtOnce() {
    world(false);
    for (var name : new String[] {PersistentVolumeClaim.PROVISIONER, BETA}) {
      assertThat(cluster.annotation(C, name)).isEqualTo("example.com/disks");
    }
    assertThat(cluster.annotation(C, SELECTED)).isEmpty();
    made("n2");
    assertThat(cluster.claim("c")).isEqualTo("Bound pvc-u1");
  }

  @Test
  void whatIsBoundByHandIsNotHandedOver() {
    cluster.put(volume("v", "1Gi").classed("x").phase("Available"));
    world(false);
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
    assertThat(cluster.annotation(C, BETA)).isEmpty();
  }

  @Test
  void aDelayedClaimIsHandedOverWithTheNodeOfItsPod() {
    world(true);
    assertThat(cluster.annotation(C, BETA)).as("no pod uses it yet").isEmpty();
    cluster.put(pod("p", "c").spec("{'nodeSelector': {'kubernetes.io/hostname': 'n2'}}")).settle();
    assertThat(cluster.annotation(C, BETA)).isEqualTo("example.com/disks");
    assertThat(cluster.annotation(C, SELECTED)).isEqualTo("n2");
    assertThat(cluster.nodeOf("p")).isEmpty();
    assertThat(cluster.whyUnscheduled("p"))
        .contains("waiting for provisioner example.com/disks to make the volume of claim c");
    made("n2");
    assertThat(cluster.claim("c")).isEqualTo("Bound pvc-u1");
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
  }

  @Test
  void aNodeThatItTakesBackIsChosenAnew() {
    world(true);
    cluster.put(pod("p", "c")).settle();
    var first = cluster.annotation(C, SELECTED);
    assertThat(first).isNotEmpty();
    cluster.put(node(first).spec("{'unschedulable': true}")).settle();
    assertThat(cluster.annotation(C, SELECTED)).as("it may be at work").isEqualTo(first);
    cluster
        .change(C, it -> it.withObject("metadata").withObject("annotations").remove(SELECTED))
        .pass(Duration.ofSeconds(15));
    assertThat(cluster.annotation(C, SELECTED)).isNotEmpty().isNotEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(strings = {"allowedTopologies", "capacity"})
  void aNodeWhereItCannotIsNotChosen(String why) {
    var type = type(true);
    if (why.equals("allowedTopologies")) {
      type.tree()
          .putArray("allowedTopologies")
          .addObject()
          .putArray("matchLabelExpressions")
          .addObject()
          .put("key", Node.HOSTNAME_LABEL)
          .putArray("values")
          .add("n2");
    } else {
      for (var host : new String[] {"n1", "n2"}) {
        cluster.put(
            Manifest.of(Keys.capacity(host, "x"), "storage.k8s.io/v1", "CSIStorageCapacity")
                .set("x", "storageClassName")
                .set(host, "nodeTopology", "matchLabels", Node.HOSTNAME_LABEL)
                .set(host.equals("n1") ? "1Mi" : "5Gi", "capacity"));
      }
    }
    cluster.put(type, node("n1"), node("n2"), claim("c", "1Gi").classed("x"), pod("p", "c"));
    cluster.settle();
    assertThat(cluster.annotation(C, SELECTED)).isEqualTo("n2");
  }

  private void takeBack() {
    cluster
        .change(C, it -> it.withObject("metadata").withObject("annotations").remove(SELECTED))
        .pass(Duration.ofSeconds(15));
  }

  @Test
  void aNodeThatItRefusedIsNotChosenAgainBeforeTheOthersAndALittleTime() {
    world(true);
    cluster.put(pod("p", "c")).settle();
    var first = cluster.annotation(C, SELECTED);
    assertThat(first).isNotEmpty();
    takeBack();
    var second = cluster.annotation(C, SELECTED);
    assertThat(second).isNotEmpty().isNotEqualTo(first);
    takeBack();
    assertThat(cluster.annotation(C, SELECTED)).as("none is left").isEmpty();
    cluster.pass(Duration.ofMinutes(2)).pass(Duration.ofSeconds(15));
    assertThat(cluster.annotation(C, SELECTED)).as("all are asked again").isNotEmpty();
    made(cluster.annotation(C, SELECTED));
    assertThat(cluster.claim("c")).isEqualTo("Bound pvc-u1");
    assertThat(cluster.annotation(C, Provisioning.REFUSED_BY)).isEmpty();
  }
}
