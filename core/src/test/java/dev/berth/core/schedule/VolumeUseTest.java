package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.Observed;
import dev.berth.core.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many volumes a node uses at once, and how many pods a volume. */
class VolumeUseTest {
  private static final String DRIVER = "disks.example.com";

  private final FedImage cluster =
      new FedImage(
          node("n1"),
          storageClass("made", true).set(DRIVER, "provisioner"),
          storageClass("manual", true));

  private void limit(int count) {
    cluster.put(
        Manifest.of(Keys.csiNode("n1"), "storage.k8s.io/v1", "CSINode")
            .spec(
                "{'drivers': [{'name': '%s', 'nodeID': 'n1', 'allocatable': {'count': %d}}]}"
                    .formatted(DRIVER, count)));
  }

  private void bound(String name) {
    var volume =
        volume(name, "1Gi")
            .spec("{'csi': {'driver': '%s', 'volumeHandle': '%s'}}".formatted(DRIVER, name));
    var claim = claim(name, "1Gi");
    cluster.put(volume.boundTo(claim));
    cluster.put(claim.boundTo(volume));
  }

  private static Observed<Pod> asking(String... claims) {
    return FedImage.observed(pod("p", claims));
  }

  private PodClaims.Ready ready(Observed<Pod> pod) {
    if (PodClaims.of(cluster.image, pod) instanceof PodClaims.Ready ready) {
      return ready;
    }
    throw new AssertionError("its claims are not ready");
  }

  private boolean fits(PlaceFilter filter, Shift shift) {
    var state = cluster.node("n1");
    var refusals = new ArrayList<Refusal>();
    filter.check(state, Objects.requireNonNull(state.node()).view(), shift, refusals::add);
    return refusals.isEmpty();
  }

  private boolean isWithinLimit(Observed<Pod> pod, Shift shift) {
    return VolumeLimits.of(cluster.image, ready(pod))
        .map(filter -> fits(filter, shift))
        .orElse(true);
  }

  @ParameterizedTest(name = "of {0} volumes two are used, by {1}: {2}")
  @CsvSource({
    "2, a,      true", // in use already
    "2, c,      false",
    "3, c,      true",
    "3, c open, false", // one that is still to be made counts
    "4, c open, true",
    "2, hand,   true", // those of no driver do not count
  })
  void aNodeUsesAtMostSoMany(int limit, String claims, boolean expected) {
    limit(limit);
    bound("a");
    bound("b");
    bound("c");
    cluster.put(claim("open", "1Gi").classed("made"));
    cluster.put(claim("hand", "1Gi").classed("manual"));
    cluster.put(pod("x", "a").nodeName("n1"));
    cluster.put(pod("y", "b").nodeName("n1"));
    assertThat(isWithinLimit(asking(claims.split(" ")), Shift.NONE)).isEqualTo(expected);
  }

  @Test
  void aVolumeThatIsStillToBeMadeForAPodThereCounts() {
    limit(1);
    bound("c");
    cluster.put(claim("open", "1Gi").classed("made"));
    var there = pod("x", "open").nodeName("n1");
    cluster.put(there);
    assertThat(isWithinLimit(asking("c"), Shift.NONE)).isFalse();
    assertThat(isWithinLimit(asking("c"), Shift.without(List.of(FedImage.observed(there)))))
        .as("without the pod that uses it")
        .isTrue();
  }

  @Test
  void aVolumeOfAPodThatLeavesDoesNotCount() {
    limit(1);
    bound("a");
    bound("c");
    var there = pod("x", "a").nodeName("n1");
    cluster.put(there);
    assertThat(isWithinLimit(asking("c"), Shift.NONE)).isFalse();
    assertThat(isWithinLimit(asking("c"), Shift.without(List.of(FedImage.observed(there)))))
        .isTrue();
  }

  private boolean isFree(Observed<Pod> pod, Shift shift) {
    return SoleUse.of(cluster.image, new PodDemand(pod), ready(pod))
        .map(filter -> fits(filter, shift))
        .orElse(true);
  }

  private static Manifest sole(String name) {
    return claim(name, "1Gi").classed("made").modes("ReadWriteOncePod");
  }

  @ParameterizedTest(name = "{0} is there, {1}: {2}")
  @CsvSource({
    "x, running,   false",
    "x, finished,  true",
    "x, waiting,   true",
    "p, running,   true", // the pod itself
  })
  void aClaimForOnePodIsUsedByOneAtATime(String user, String state, boolean expected) {
    cluster.put(sole("c"));
    var there = pod(user, "c").phase(state.equals("finished") ? "Succeeded" : "Running");
    cluster.put(state.equals("waiting") ? there : there.nodeName("n1"));
    assertThat(isFree(asking("c"), Shift.NONE)).isEqualTo(expected);
  }

  @Test
  void itIsFreeWhenItsUserLeaves() {
    cluster.put(sole("c"));
    var user = pod("x", "c").nodeName("n1");
    var other = pod("y").nodeName("n1");
    cluster.put(user);
    cluster.put(other);
    assertThat(isFree(asking("c"), Shift.without(List.of(FedImage.observed(other))))).isFalse();
    assertThat(isFree(asking("c"), Shift.without(List.of(FedImage.observed(user))))).isTrue();
  }
}
