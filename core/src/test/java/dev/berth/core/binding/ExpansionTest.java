package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.TestCluster;
import dev.berth.core.storage.ObjectKey;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** A bound claim asks for more. */
class ExpansionTest {
  private static final ObjectKey C = Keys.claim("default", "c");
  private static final ObjectKey V = Keys.volume("v");

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  private void bound(Manifest volume) {
    cluster.put(volume, claim("c", "1Gi")).settle();
    assertThat(cluster.claim("c")).isEqualTo("Bound v");
  }

  private static Manifest loop() {
    return volume("v", "1Gi").set("loop.berth.dev", "spec", "csi", "driver");
  }

  private void ask(String size) {
    cluster.change(
        C,
        tree ->
            tree.withObject("spec")
                .withObject("resources")
                .withObject("requests")
                .put("storage", size));
    cluster.settle();
  }

  private void isPending(boolean pending) {
    var conditions = cluster.tree(C).path("status").path("conditions").toString();
    if (pending) {
      assertThat(conditions).contains("\"FileSystemResizePending\"", "\"True\"", "volume v");
    } else {
      assertThat(conditions).doesNotContain("FileSystemResizePending");
    }
  }

  @Test
  void aVolumeOfOurNodesIsToBeAsLargeAsTheClaimAsks() {
    bound(loop());
    isPending(false);
    ask("2Gi");
    assertThat(cluster.at(V, "spec", "capacity")).isEqualTo("{\"storage\":\"2Gi\"}");
    isPending(true);
    assertThat(cluster.at(C, "status", "capacity")).isEqualTo("{\"storage\":\"1Gi\"}");

    // What the node says in the meantime stays.
    cluster.change(
        C,
        tree ->
            ((ObjectNode) tree.at("/status/conditions/0"))
                .put("message", "volume v: its pool is full"));
    cluster.settle();
    assertThat(cluster.tree(C).at("/status/conditions/0/message").asString())
        .isEqualTo("volume v: its pool is full");

    // The node has done it.
    cluster.change(
        C,
        tree -> {
          tree.withObject("status").putArray("conditions");
          tree.withObject("status").withObject("capacity").put("storage", "2Gi");
        });
    cluster.settle();
    isPending(false);
  }

  @Test
  void anExpansionThatHasNotComeToItsEndMayBeAskedForWithLess() {
    bound(loop());
    ask("9Gi");
    assertThat(cluster.at(V, "spec", "capacity")).isEqualTo("{\"storage\":\"9Gi\"}");
    assertThat(cluster.at(C, "status", "allocatedResources")).isEqualTo("{\"storage\":\"9Gi\"}");
    assertThat(cluster.at(C, "status", "allocatedResourceStatuses"))
        .isEqualTo("{\"storage\":\"NodeResizePending\"}");
    ask("2Gi");
    assertThat(cluster.at(V, "spec", "capacity")).isEqualTo("{\"storage\":\"2Gi\"}");
    assertThat(cluster.at(C, "status", "allocatedResources")).isEqualTo("{\"storage\":\"2Gi\"}");
    isPending(true);
  }

  @Test
  void aVolumeThatWasMadeLargerBeforeLessWasAskedForSaysSo() {
    bound(loop());
    ask("9Gi");
    ask("2Gi");
    cluster.change(
        C,
        tree -> {
          tree.withObject("status").putArray("conditions");
          tree.withObject("status").withObject("capacity").put("storage", "9Gi");
        });
    cluster.settle();
    assertThat(cluster.at(V, "spec", "capacity")).isEqualTo("{\"storage\":\"9Gi\"}");
    isPending(false);
  }

  @Test
  void whatAnAdministratorPromisesIsNotTakenBack() {
    bound(loop());
    ask("2Gi");
    cluster.change(V, tree -> tree.withObject("spec").withObject("capacity").put("storage", "5Gi"));
    ask("1536Mi");
    assertThat(cluster.at(V, "spec", "capacity")).isEqualTo("{\"storage\":\"5Gi\"}");
  }

  @Test
  void theDiskOfALocalVolumeIsMadeLargerByItsAdministrator() {
    bound(volume("v", "1Gi").set("/dev/sdb", "spec", "local", "path"));
    ask("2Gi");
    isPending(false);
    assertThat(cluster.at(V, "spec", "capacity")).isEqualTo("{\"storage\":\"1Gi\"}");
    assertThat(cluster.events())
        .anySatisfy(
            event -> assertThat(event).contains("c Normal ExternalExpanding", "volume v", "2Gi"));
    cluster.change(V, tree -> tree.withObject("spec").withObject("capacity").put("storage", "3Gi"));
    cluster.settle();
    isPending(true);
  }

  @Test
  void aLargerVolumeAloneChangesNothing() {
    bound(loop());
    cluster.change(V, tree -> tree.withObject("spec").withObject("capacity").put("storage", "3Gi"));
    cluster.settle();
    isPending(false);
    assertThat(cluster.at(C, "status", "capacity")).isEqualTo("{\"storage\":\"1Gi\"}");
  }
}
