package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.TestCluster;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.storage.Change;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.Watch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Claims that get their volumes together, on one node, or none does. */
class VolumeGroupTest {
  private static final String DEFAULT = "storageclass.kubernetes.io/is-default-class";

  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  VolumeGroupTest() {
    cluster.put(storageClass("now", false), storageClass("late", true), node("n1"), node("n2"));
  }

  private static Manifest disk(String name, String size, String type, String host) {
    return volume(name, size).classed(type).on(host);
  }

  private static Manifest member(String name, String size, String type, String groupSize) {
    return claim(name, size)
        .classed(type)
        .annotation(PersistentVolumeClaim.VOLUME_GROUP, "g")
        .annotation(PersistentVolumeClaim.VOLUME_GROUP_SIZE, groupSize);
  }

  private String reasonOf(String claim) {
    return cluster.events().stream()
        .filter(event -> event.startsWith(claim + " "))
        .reduce((one, two) -> two)
        .orElse("");
  }

  @Test
  void nothingIsBoundUntilTheGroupIsWholeThenAllIs() {
    cluster.put(
        disk("a", "1Gi", "now", "n1"),
        disk("b", "1Gi", "now", "n2"),
        disk("c", "1Gi", "now", "n2"),
        member("c1", "1Gi", "now", "2"));
    cluster.settle();
    assertThat(cluster.claim("c1")).isEqualTo("Pending");
    assertThat(reasonOf("c1"))
        .isEqualTo("c1 Normal WaitForVolumeGroup: waiting for volume group g: 1 of 2 claims exist");
    cluster.put(member("c2", "1Gi", "now", "2")).settle();
    assertThat(cluster.claim("c1")).isEqualTo("Bound b");
    assertThat(cluster.claim("c2")).isEqualTo("Bound c");
    assertThat(cluster.volume("a")).as("alone on its node").isEqualTo("Available");
  }

  @Test
  void allAreBoundInOneTransaction() {
    cluster.put(
        disk("a", "1Gi", "now", "n1"),
        disk("b", "5Gi", "now", "n1"),
        member("c1", "1Gi", "now", "2"),
        member("c2", "5Gi", "now", "2"));
    try (var watch = cluster.store.watch(Scope.everything(), cluster.store.revision())) {
      cluster.settle();
      var bindings =
          ((Watch.Changes) watch.take(1000))
              .changes().stream()
                  .filter(change -> change.key().resource().equals("persistentvolumeclaims"))
                  .filter(VolumeGroupTest::binds)
                  .map(change -> change.key().name())
                  .collect(Collectors.joining(" "));
      assertThat(bindings).isEqualTo("c2 c1");
    }
    assertThat(cluster.claim("c1")).isEqualTo("Bound a");
    assertThat(cluster.claim("c2")).isEqualTo("Bound b");
  }

  private static boolean binds(Change change) {
    var after = change.after();
    return after != null && new String(after.document(), UTF_8).contains("\"Bound\"");
  }

  @Test
  void noneIsBoundWhereNoNodeHasVolumesForAll() {
    cluster.put(
        disk("a", "1Gi", "now", "n1"),
        disk("b", "1Gi", "now", "n2"),
        member("c1", "1Gi", "now", "2"),
        member("c2", "1Gi", "now", "2"));
    cluster.settle();
    assertThat(cluster.claim("c1") + cluster.claim("c2")).isEqualTo("PendingPending");
    assertThat(reasonOf("c1")).contains("no node has volumes for all 2 claims of volume group g");
    cluster.put(claim("other", "1Gi").classed("now")).settle();
    assertThat(cluster.claim("other")).as("others do not wait for the group").startsWith("Bound");
    cluster.put(disk("d", "1Gi", "now", "n1"), disk("e", "1Gi", "now", "n2")).settle();
    assertThat(cluster.claim("c1") + cluster.claim("c2")).doesNotContain("Pending");
  }

  @Test
  void aPodBringsTheWholeGroupOfItsClaimToItsNode() {
    cluster.put(
        disk("a", "1Gi", "late", "n1"),
        disk("b", "1Gi", "late", "n2"),
        disk("c", "1Gi", "late", "n2"),
        member("c1", "1Gi", "late", "2"),
        pod("p1", "c1"));
    cluster.settle();
    assertThat(cluster.nodeOf("p1")).isEmpty();
    assertThat(cluster.whyUnscheduled("p1"))
        .isEqualTo("0/2 nodes are available: waiting for volume group g: 1 of 2 claims exist");
    cluster.put(member("c2", "1Gi", "late", "2")).settle();
    assertThat(cluster.nodeOf("p1")).isEqualTo("n2");
    assertThat(cluster.claim("c1") + " " + cluster.claim("c2")).isEqualTo("Bound b Bound c");
    cluster.put(pod("p2", "c2")).settle();
    assertThat(cluster.nodeOf("p2")).isEqualTo("n2");
  }

  @Test
  void aMemberThatIsMadeAnewGoesWhereTheOthersAre() {
    cluster.put(
        disk("a", "1Gi", "now", "n1"),
        disk("b", "1Gi", "now", "n2"),
        disk("c", "1Gi", "now", "n2"),
        member("c1", "1Gi", "now", "2"),
        member("c2", "1Gi", "now", "2"));
    cluster.settle();
    cluster.delete(Keys.claim("default", "c2")).settle();
    cluster.put(disk("d", "1Gi", "now", "n2"), member("c2", "1Gi", "now", "2").uid("anew"));
    cluster.settle();
    assertThat(cluster.claim("c2")).isEqualTo("Bound d");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "none", "0", "32"})
  void aSizeThatCannotBeIsNamed(String size) {
    cluster.put(disk("a", "1Gi", "now", "n1"), member("c1", "1Gi", "now", size)).settle();
    assertThat(cluster.claim("c1")).isEqualTo("Pending");
    assertThat(reasonOf("c1"))
        .contains("berth.dev/volume-group-size must be the number of its claims, from 1 to 31");
  }

  @Test
  void sizesThatDisagreeAndTooManyClaimsAreNamed() {
    cluster.put(member("c1", "1Gi", "now", "2"), member("c2", "1Gi", "now", "3")).settle();
    assertThat(reasonOf("c1"))
        .startsWith("c1 Warning WaitForVolumeGroup: ")
        .contains("disagree on berth.dev/volume-group-size (2, 3)");
    cluster.put(member("c2", "1Gi", "now", "2"), member("c3", "1Gi", "now", "2")).settle();
    assertThat(reasonOf("c3"))
        .startsWith("c3 Warning WaitForVolumeGroup: ")
        .contains("volume group g is of 2 claims, but there are 3");
  }

  @Test
  void aGroupWithoutAClassGetsTheDefaultOneThatComesLater() {
    for (var name : new String[] {"c1", "c2"}) {
      cluster.put(
          claim(name, "1Gi")
              .annotation(PersistentVolumeClaim.VOLUME_GROUP, "g")
              .annotation(PersistentVolumeClaim.VOLUME_GROUP_SIZE, "2"));
    }
    // One of them could have it; then the other would never get one.
    cluster.put(volume("alone", "1Gi")).settle();
    cluster.put(disk("a", "1Gi", "now", "n1"), disk("b", "1Gi", "now", "n1"));
    cluster.put(storageClass("now", false).annotation(DEFAULT, "true")).settle();
    assertThat(cluster.claim("c1")).startsWith("Bound");
    assertThat(cluster.claim("c2")).startsWith("Bound");
    assertThat(cluster.volume("alone")).isEqualTo("Available");
  }
}
