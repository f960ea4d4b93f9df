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
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.storage.Scope;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Volumes that one node makes for the claims of a group; the test is the nodes. */
class GroupProvisioningTest {
  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  GroupProvisioningTest() {
    cluster.put(maker("now", false), maker("late", true), storageClass("disks", true));
    cluster.put(node("n1"), node("n2"));
  }

  private static Manifest maker(String name, boolean delayed) {
    return storageClass(name, delayed)
        .set("loop.berth.dev", "provisioner")
        .set("Delete", "reclaimPolicy");
  }

  private static Manifest member(String name, String size, String type) {
    return claim(name, size)
        .classed(type)
        .annotation(PersistentVolumeClaim.VOLUME_GROUP, "g")
        .annotation(PersistentVolumeClaim.VOLUME_GROUP_SIZE, "2");
  }

  private void report(String node, String type, String free) {
    cluster.put(
        Manifest.of(Keys.capacity(node, type), "storage.k8s.io/v1", "CSIStorageCapacity")
            .set(type, "storageClassName")
            .set(node, "nodeTopology", "matchLabels", Node.HOSTNAME_LABEL)
            .set(free, "capacity"));
  }

  /** The volumes that nodes were asked for and have not removed. */
  private List<String> made() {
    return cluster.store.list(Scope.of("persistentvolumes"), 0, null, 0).objects().stream()
        .map(volume -> volume.key().name())
        .filter(name -> !state(name).isEmpty())
        .toList();
  }

  private String state(String volume) {
    return cluster.annotation(Keys.volume(volume), ProvisionProtocol.PROVISION).split("/", 2)[0];
  }

  private String nodeOf(String volume) {
    return cluster.annotation(Keys.volume(volume), ProvisionProtocol.NODE);
  }

  private String only() {
    assertThat(made()).hasSize(1);
    return made().getFirst();
  }

  private void answer(String volume, String word) {
    cluster.answer(volume, word).settle();
  }

  private String claims() {
    return cluster.claim("c1").split(" ", 2)[0] + " " + cluster.claim("c2").split(" ", 2)[0];
  }

  @ParameterizedTest
  @ValueSource(strings = {"now", "late"})
  void allAreMadeOnOneNodeAndBoundTogether(String type) {
    cluster.put(member("c1", "1Gi", type), pod("p", "c1")).settle();
    assertThat(made()).as("before the group is whole").isEmpty();
    cluster.put(member("c2", "2Gi", type)).settle();
    assertThat(made()).containsExactly("pvc-uid-of-c1", "pvc-uid-of-c2");
    assertThat(nodeOf("pvc-uid-of-c1")).isEqualTo(nodeOf("pvc-uid-of-c2"));
    answer("pvc-uid-of-c2", "made");
    assertThat(claims()).as("one of two is there").isEqualTo("Pending Pending");
    assertThat(cluster.volume("pvc-uid-of-c2")).isEqualTo("Pending c2");
    answer("pvc-uid-of-c1", "made");
    assertThat(claims()).isEqualTo("Bound Bound");
    assertThat(cluster.nodeOf("p")).isEqualTo(nodeOf("pvc-uid-of-c1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"now", "late"})
  void freeSpaceIsCountedForAllOfThem(String type) {
    report("n1", type, "5Gi");
    report("n2", type, "7Gi");
    cluster.put(member("c1", "3Gi", type), member("c2", "4Gi", type), pod("p", "c1")).settle();
    assertThat(made()).hasSize(2);
    assertThat(made().stream().map(this::nodeOf)).containsOnly("n2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"now", "late"})
  void nothingIsAskedForWhereNoNodeHasSpaceForAll(String type) {
    report("n1", type, "5Gi");
    report("n2", type, "6Gi");
    cluster.put(member("c1", "3Gi", type), member("c2", "4Gi", type), pod("p", "c1")).settle();
    assertThat(made()).isEmpty();
    report("n1", type, "8Gi");
    cluster.settle().pass(Duration.ofSeconds(2));
    assertThat(made().stream().map(this::nodeOf)).containsExactly("n1", "n1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"now", "late"})
  void theWholeGroupGoesElsewhereWhenOneCannotBeMade(String type) {
    cluster.put(member("c1", "1Gi", type), member("c2", "1Gi", type), pod("p", "c2")).settle();
    var first = nodeOf("pvc-uid-of-c1");
    answer("pvc-uid-of-c1", "made");
    answer("pvc-uid-of-c2", "failed");
    assertThat(made()).containsExactly("pvc-uid-of-c1");
    assertThat(state(only())).as("it must not stay without the other").isEqualTo("cancel");
    assertThat(claims()).isEqualTo("Pending Pending");
    answer(only(), "removed");
    cluster.pass(Duration.ofSeconds(5));
    assertThat(made()).hasSize(2);
    assertThat(made().stream().map(this::nodeOf)).doesNotContain(first);
    made().forEach(volume -> answer(volume, "made"));
    cluster.pass(Duration.ofSeconds(5));
    assertThat(claims()).isEqualTo("Bound Bound");
    assertThat(cluster.nodeOf("p")).isNotEmpty().isNotEqualTo(first);
  }

  @Test
  void whatIsThereIsTakenAndOnlyTheRestIsMade() {
    cluster.put(volume("v", "5Gi").classed("disks").on("n2")).settle();
    cluster.put(member("c1", "1Gi", "late"), member("c2", "5Gi", "disks"), pod("p", "c1"));
    cluster.settle();
    assertThat(nodeOf(only())).isEqualTo("n2");
    assertThat(cluster.volume("v")).isEqualTo("Available");
    answer(only(), "made");
    assertThat(cluster.claim("c2")).isEqualTo("Bound v");
    assertThat(cluster.claim("c1")).isEqualTo("Bound " + only());
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
  }

  @Test
  void whatWasMadeIsGivenBackWhenTheRestHasGoneMeanwhile() {
    cluster.put(volume("v", "5Gi").classed("disks").on("n2")).settle();
    cluster.put(member("c1", "1Gi", "late"), member("c2", "5Gi", "disks"), pod("p", "c1"));
    cluster.settle();
    cluster.put(claim("thief", "5Gi").classed("disks").volumeName("v")).settle();
    answer(only(), "made");
    assertThat(claims()).isEqualTo("Pending Pending");
    assertThat(state(only())).isEqualTo("cancel");
    answer(only(), "removed");
    cluster.put(volume("w", "5Gi").classed("disks").on("n1")).settle().pass(Duration.ofMinutes(1));
    assertThat(nodeOf(only())).isEqualTo("n1");
    answer(only(), "made");
    assertThat(cluster.claim("c2")).isEqualTo("Bound w");
    assertThat(cluster.nodeOf("p")).isEqualTo("n1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Delete", "Retain"})
  void aGroupThatLosesAMemberHoldsNothing(String policy) {
    cluster.put(maker("now", false).set(policy, "reclaimPolicy"));
    cluster.put(member("c1", "1Gi", "now"), member("c2", "1Gi", "now")).settle();
    answer("pvc-uid-of-c1", "made");
    cluster.delete(Keys.claim("default", "c2")).settle();
    assertThat(made().stream().map(this::state)).containsExactly("cancel", "cancel");
    made().forEach(volume -> answer(volume, "removed"));
    assertThat(made()).isEmpty();
    assertThat(cluster.claim("c1")).isEqualTo("Pending");
    cluster.put(member("c2", "1Gi", "now").uid("anew")).settle();
    assertThat(made()).hasSize(2);
  }

  @Test
  void aClaimOfAnImmediateClassGoesWithThoseThatWaitForTheirPod() {
    cluster.put(member("c1", "1Gi", "now"), member("c2", "1Gi", "late")).settle();
    assertThat(made()).isEmpty();
    cluster.put(pod("p", "c1").spec("{'nodeSelector': {'kubernetes.io/hostname': 'n2'}}")).settle();
    assertThat(made().stream().map(this::nodeOf)).containsExactly("n2", "n2");
    made().forEach(volume -> answer(volume, "made"));
    assertThat(claims()).isEqualTo("Bound Bound");
    assertThat(cluster.nodeOf("p")).isEqualTo("n2");
  }

  @Test
  void aMemberThatIsMadeAnewIsMadeWhereTheOthersAre() {
    cluster.put(node("n1").spec("{'unschedulable': true}"));
    cluster.put(member("c1", "1Gi", "now"), member("c2", "1Gi", "now")).settle();
    made().forEach(volume -> answer(volume, "made"));
    cluster.put(node("n1"));
    cluster.delete(Keys.claim("default", "c2")).settle();
    answer("pvc-uid-of-c2", "removed");
    report("n1", "now", "1Gi");
    cluster.put(member("c2", "1Gi", "now").uid("anew")).settle();
    assertThat(nodeOf("pvc-anew")).isEqualTo("n2");
    answer("pvc-anew", "made");
    assertThat(claims()).isEqualTo("Bound Bound");
  }
}
