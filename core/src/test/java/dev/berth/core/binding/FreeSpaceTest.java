package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.TestCluster;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Scope;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where volumes are made, by what nodes report to be free. */
class FreeSpaceTest {
  private final TestCluster cluster = new TestCluster(Controllers.all(true, true));

  private static Manifest type(String name, boolean delayed) {
    return storageClass(name, delayed)
        .set("loop.berth.dev", "provisioner")
        .set("Delete", "reclaimPolicy");
  }

  private static Manifest report(String node, String type, String free) {
    return Manifest.of(Keys.capacity(node, type), "storage.k8s.io/v1", "CSIStorageCapacity")
        .set(type, "storageClassName")
        .set(node, "nodeTopology", "matchLabels", "kubernetes.io/hostname")
        .set(free, "capacity");
  }

  private List<ObjectKey> volumes() {
    return cluster.store.list(Scope.of("persistentvolumes"), 0, null, 0).objects().stream()
        .map(volume -> volume.key())
        .toList();
  }

  /** The nodes that were asked for volumes, one word for each volume. */
  private String asked() {
    return volumes().stream()
        .map(volume -> cluster.annotation(volume, ProvisionProtocol.NODE))
        .sorted()
        .collect(Collectors.joining(" "));
  }

  private void answer(String word) {
    volumes().forEach(volume -> cluster.answer(volume.name(), word));
    cluster.settle();
  }

  @ParameterizedTest(name = "n1 has {0}, n2 has {1}, a pod needs {2}: made on {3}")
  @CsvSource({
    "10Gi, 10Gi, 1Gi,     n1",
    "10Gi, 2Gi,  1Gi,     n2", // the better fit
    "1Gi,  10Gi, 2Gi,     n2", // the only one that fits
    "1Gi,  10Gi, 1Gi,     n1", // exactly
    "3Gi,  2Gi,  2Gi 1Gi, n1 n1", // all claims of a pod count together
    "3Gi,  ?,    4Gi,     n2", // who tells nothing is asked
    "3Gi,  ?,    2Gi,     n1", // but after those that are known to have it
    "1Gi,  1Gi,  2Gi,     ''",
    "2Gi,  2Gi,  2Gi 1Gi, ''",
    "0,    0,    1Gi,     ''",
  })
  void aNodeWithTooLittleIsNotAsked(String first, String second, String sizes, String expected) {
    cluster.put(type("loop", true), node("n1"), node("n2"));
    for (var each : List.of(List.of("n1", first), List.of("n2", second))) {
      if (!each.getLast().equals("?")) {
        cluster.put(report(each.getFirst(), "loop", each.getLast()));
      }
    }
    var wanted = Arrays.asList(sizes.split(" "));
    var names = new String[wanted.size()];
    for (var i = 0; i < names.length; i++) {
      names[i] = "c" + i;
      cluster.put(claim(names[i], wanted.get(i)).classed("loop"));
    }
    cluster.put(pod("p", names)).settle();
    assertThat(asked()).isEqualTo(expected);
    if (expected.isEmpty()) {
      assertThat(cluster.whyUnscheduled("p"))
          .isEqualTo("0/2 nodes are available: 2 node(s) did not have enough free storage.");
      assertThat(cluster.events())
          .anyMatch(
              event ->
                  event.startsWith("p Warning FailedScheduling")
                      && event.contains("enough free storage"));
    }
  }

  @Test
  void whatIsBeingMadeCounts() {
    cluster.put(type("loop", true), node("n1"), report("n1", "loop", "3Gi"));
    for (var name : List.of("a", "b")) {
      cluster.put(claim("c" + name, "2Gi").classed("loop"), pod("p" + name, "c" + name));
    }
    cluster.settle();
    assertThat(asked()).isEqualTo("n1");
    assertThat(cluster.whyUnscheduled("pb")).contains("1 node(s) did not have enough free storage");
    cluster.put(report("n1", "loop", "1Gi"));
    answer("made");
    assertThat(cluster.nodeOf("pa")).isEqualTo("n1");
    assertThat(asked()).isEqualTo("n1");
    cluster.put(report("n1", "loop", "2Gi")).pass(Duration.ofSeconds(20));
    assertThat(asked()).as("as soon as there is space").isEqualTo("n1 n1");
  }

  @Test
  void aPoolIsCountedOnceForAllClassesThatUseIt() {
    cluster.put(type("one", true), type("two", true), node("n1"));
    cluster.put(report("n1", "one", "3Gi"), report("n1", "two", "3Gi"));
    cluster.put(claim("c1", "2Gi").classed("one"), claim("c2", "2Gi").classed("two"));
    cluster.put(pod("p", "c1", "c2")).settle();
    assertThat(asked()).isEmpty();
    cluster.put(report("n1", "one", "4Gi"), report("n1", "two", "4Gi"));
    cluster.pass(Duration.ofSeconds(20));
    assertThat(asked()).isEqualTo("n1 n1");
  }

  @Test
  void aVolumeIsNotLargerThanTheLargest() {
    cluster.put(type("loop", true), node("n1"));
    cluster.put(report("n1", "loop", "10Gi").set("1Gi", "maximumVolumeSize"));
    cluster.put(claim("c", "2Gi").classed("loop"), pod("p", "c")).settle();
    assertThat(cluster.whyUnscheduled("p")).contains("did not have enough free storage");
  }

  @Test
  void aClaimOfAnImmediateClassWaitsForSpaceAndSaysSo() {
    cluster.put(type("loop", false), node("n1"), node("n2"));
    cluster.put(report("n1", "loop", "1Gi"), report("n2", "loop", "1Gi"));
    cluster.put(claim("c", "2Gi").classed("loop")).settle();
    assertThat(asked()).isEmpty();
    assertThat(cluster.events())
        .contains(
            "c Warning ProvisioningFailed: none of 2 nodes has 2Gi of free storage left for class"
                + " \"loop\"");
    cluster.put(report("n2", "loop", "2Gi")).settle();
    assertThat(asked()).isEqualTo("n2");
  }

  @Test
  void whatClassesOfAnotherProvisionerShareIsNotKnown() {
    for (var name : List.of("one", "two")) {
      cluster.put(type(name, true).set("example.com/disks", "provisioner"));
      cluster.put(report("n1", name, "3Gi"), claim("c" + name, "2Gi").classed(name));
    }
    cluster.put(node("n1"), pod("p", "cone", "ctwo")).settle();
    for (var name : List.of("cone", "ctwo")) {
      assertThat(
              cluster.annotation(Keys.claim("default", name), PersistentVolumeClaim.SELECTED_NODE))
          .isEqualTo("n1");
    }
  }
}
