package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.NodeState;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the free volumes promise before nodes are looked at: how well, and where. */
class VolumeOutlookTest {
  private final FedImage cluster = new FedImage(storageClass("local", true));

  private static Manifest disk(String name, String size) {
    return volume(name, size).classed("local").phase("Available");
  }

  private String[] claims(String sizes) {
    var wanted = sizes.isEmpty() ? new String[0] : sizes.split(" ");
    var names = new String[wanted.length];
    for (var i = 0; i < names.length; i++) {
      names[i] = "c" + i;
      cluster.put(claim(names[i], wanted[i]).classed("local"));
    }
    return names;
  }

  private double bestFit(String... claims) {
    return VolumeOutlook.bestFit(cluster.image, cluster.open(claims));
  }

  private String likelyNodes(List<OpenClaim> claims) {
    return VolumeOutlook.likelyNodes(cluster.image, claims).stream()
        .map(NodeState::name)
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest(name = "volumes of {0}, claims of {1}: {2} of what is given is asked for")
  @CsvSource({
    "10Gi,      5Gi,      0.5",
    "10Gi 20Gi, 5Gi,      0.5", // the smallest that will do
    "4Gi 20Gi,  5Gi,      0.25", // too small ones are not had
    "5Gi,       5Gi,      1",
    "10Gi 40Gi, 5Gi 20Gi, 0.5", // all claims together
    "10Gi,      2Gi 20Gi, 0.7333333333", // for whom there is none nothing is known
    "4Gi,       5Gi,      1",
    "'',        5Gi,      1",
    "10Gi,      '',       1",
  })
  void noNodeFitsBetterThanTheSmallestVolumes(String volumes, String claims, double expected) {
    for (var size : volumes.isEmpty() ? new String[0] : volumes.split(" ")) {
      cluster.put(disk("v" + size.toLowerCase(Locale.ROOT), size));
    }
    assertThat(bestFit(claims(claims))).isCloseTo(expected, within(1e-9));
  }

  @Test
  void aVolumeOfMoreModesMayBeTheSmallest() {
    cluster.put(disk("big", "20Gi"));
    cluster.put(disk("many", "10Gi").modes("ReadWriteOnce", "ReadWriteMany"));
    assertThat(bestFit(claims("5Gi"))).isCloseTo(0.5, within(1e-9));
  }

  @Test
  void nothingIsKnownOfVolumesThatAreReservedOrMadeOrOfNoClass() {
    cluster.put(storageClass("made", true).set("loop.berth.dev", "provisioner"));
    for (var type : List.of("made", "unknown", "local")) {
      cluster.put(volume("v-" + type, "10Gi").classed(type).phase("Available"));
      cluster.put(claim(type, "5Gi").classed(type));
    }
    assertThat(bestFit("local")).isCloseTo(0.5, within(1e-9));
    assertThat(bestFit("made")).isEqualTo(1);
    assertThat(bestFit("unknown")).isEqualTo(1);
    assertThat(bestFit("local", "made")).isEqualTo(1);
    cluster.put(disk("mine", "40Gi").claimRef("local", "uid-of-local"));
    assertThat(bestFit("local")).isEqualTo(1);
  }

  @Test
  void theNodesOfTheBestVolumesComeFirst() {
    cluster.put(node("n1"));
    cluster.put(node("n2"));
    cluster.put(node("n3"));
    cluster.put(disk("v9", "9Gi").on("n1"));
    cluster.put(disk("v5", "5Gi").on("n3"));
    cluster.put(disk("v1", "1Gi").on("n2"));
    cluster.put(disk("v6", "6Gi"));
    cluster.put(disk("v7", "7Gi").on("n3"));
    assertThat(likelyNodes(cluster.open(claims("4Gi")))).isEqualTo("n3 n1");
    assertThat(likelyNodes(cluster.open(claims("8Gi 1Gi")))).as("the first one's").isEqualTo("n1");
    assertThat(likelyNodes(List.of())).isEmpty();
    cluster.put(disk("mine", "9Gi").on("n2").claimRef("c0", "uid-of-c0"));
    assertThat(likelyNodes(cluster.open("c0"))).as("it is reserved one").isEmpty();
  }

  @Test
  void theyAreNotAllNodes() {
    for (var i = 1; i <= 9; i++) {
      cluster.put(node("n" + i));
      cluster.put(disk("v" + i, i + "Gi").on("n" + i));
    }
    assertThat(likelyNodes(cluster.open(claims("1Gi")))).isEqualTo("n1 n2 n3 n4 n5 n6 n7 n8");
    assertThat(likelyNodes(cluster.open(claims("3Gi")))).isEqualTo("n3 n4 n5 n6 n7 n8 n9");
  }
}
