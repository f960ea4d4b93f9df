package dev.berth.core.lifecycle;

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
import dev.berth.core.model.Json;
import dev.berth.core.storage.ObjectKey;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Claims that are made for a pod and go with it. */
class EphemeralClaimsTest {
  private static final ObjectKey P = Keys.pod("default", "p");
  private static final ObjectKey C = Keys.claim("default", "p-scratch");
  private static final ObjectKey V = Keys.volume("v");

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  private static Manifest ephemeral(String name) {
    var pod = pod(name);
    pod.tree()
        .withObject("spec")
        .withArray("volumes")
        .add(
            json(
                """
                {'name':'scratch','ephemeral':{'volumeClaimTemplate':{
                  'metadata':{'labels':{'kind':'scratch'}},
                  'spec':{'accessModes':['ReadWriteOnce'],'volumeMode':'Filesystem',
                    'resources':{'requests':{'storage':'1Gi'}}}}}}"""));
    return pod;
  }

  private static ObjectNode json(String text) {
    return Json.parseObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aClaimIsMadeForThePodAndGoesWithIt() {
    cluster.put(node("n1"), storageClass("local", true), volume("v", "1Gi").classed("local"));
    cluster.change(
        Keys.storageClass("local"),
        tree ->
            tree.withObject("metadata")
                .withObject("annotations")
                .put("storageclass.kubernetes.io/is-default-class", "true"));
    cluster.put(ephemeral("p")).settle();
    assertThat(cluster.at(C, "spec", "storageClassName")).isEqualTo("local");
    assertThat(cluster.at(C, "metadata", "labels", "kind")).isEqualTo("scratch");
    assertThat(cluster.at(C, "metadata", "ownerReferences")).contains("Pod", "\"controller\":true");
    assertThat(cluster.at(C, "spec", "volumeName")).isEqualTo("v");
    assertThat(cluster.at(P, "spec", "nodeName")).isEqualTo("n1");
    cluster.remove(P).settle();
    assertThat(cluster.exists(C)).isFalse();
    assertThat(cluster.at(V, "status", "phase")).isEqualTo("Released");
  }

  @Test
  void aClaimThatIsDeletedAndMadeAgainIsAnotherOne() {
    cluster.put(ephemeral("p")).settle();
    var first = cluster.at(C, "metadata", "uid");
    cluster.delete(C).pass(java.time.Duration.ofSeconds(1));
    assertThat(cluster.exists(C)).isTrue();
    assertThat(cluster.at(C, "metadata", "uid")).isNotEqualTo(first);
  }

  @Test
  void aClaimOfSomebodyElseBlocksThePodAndIsLeftAlone() {
    cluster.put(node("n1"), claim("p-scratch", "1Gi"), ephemeral("p")).settle();
    assertThat(cluster.at(P, "spec", "nodeName")).isEmpty();
    assertThat(cluster.events())
        .anySatisfy(
            event ->
                assertThat(event)
                    .contains("p Warning FailedBinding", "p-scratch was not made for this pod"));
    assertThat(cluster.at(C, "metadata", "ownerReferences")).isEmpty();
    cluster.delete(C).settle();
    assertThat(cluster.at(C, "metadata", "ownerReferences")).contains("Pod");
  }

  @Test
  void aPodThatHasEndedGetsNone() {
    cluster.put(ephemeral("p").phase("Succeeded")).settle();
    assertThat(cluster.exists(C)).isFalse();
  }
}
