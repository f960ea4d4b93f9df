package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.Observed;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * On which of two nodes who is sent away for a pod of priority 10 that needs 8 of 10 processors.
 */
class LeastHarmTest {
  private final FedImage cluster = new FedImage(node("n1"), node("n2"));

  private static Manifest vip() {
    return pod("vip").priority(10).requests("cpu", "8");
  }

  private void resident(String name, String node, String priorityAndCpu) {
    var words = priorityAndCpu.split("/");
    cluster.put(
        pod(name)
            .nodeName(node)
            .priority(Integer.parseInt(words[0]))
            .requests("cpu", words[1])
            .phase("Running"));
  }

  private NodeSearch search(Manifest manifest) {
    var pod = FedImage.observed(manifest);
    if (!(PodClaims.of(cluster.image, pod) instanceof PodClaims.Ready ready)) {
      throw new AssertionError("its claims are not ready");
    }
    var gang = PodGang.of(cluster.image, pod, ready);
    return new NodeSearch(cluster.image, new Rankings(), new PodDemand(pod), ready, gang);
  }

  private @Nullable Preemption preemption(Manifest manifest) {
    return Preemption.find(cluster.image, search(manifest));
  }

  private boolean isUnderWay(Manifest manifest) {
    return Preemption.isUnderWay(cluster.image, search(manifest));
  }

  private String victims(Manifest manifest) {
    var found = preemption(manifest);
    return found == null
        ? ""
        : found.node().key().name()
            + ": "
            + found.victims().stream()
                .map(Observed::key)
                .map(key -> key.name())
                .sorted()
                .collect(Collectors.joining(" "));
  }

  @ParameterizedTest(name = "n1 has {0}, n2 has {1} (priority/processors): {2}")
  @CsvSource({
    // the lowest of the highest priorities
    "5/8,         4/8,         n2: b0",
    "4/8,         5/8,         n1: a0",
    "5/8,         4/4 4/4,     n2: b0 b1",
    "-9/8,        -8/8,        n1: a0",
    // then the lowest sum, to which every one adds
    "5/8,         5/4 5/4,     n1: a0",
    "5/4 5/4,     5/8,         n2: b0",
    "5/4 1/4,     5/4 2/4,     n1: a0 a1",
    "5/4 2/4,     5/4 1/4,     n2: b0 b1",
    "-5/4 -5/4,   -5/8,        n2: b0",
    // then the first by name
    "5/8,         5/8,         n1: a0",
    // only as many as must
    "1/2 2/2 3/6, 9/8,         n1: a0 a2",
    "1/1 2/1 3/8, 9/8,         n1: a2",
    "1/7 3/1,     9/8,         n1: a0",
    "1/3 1/3 1/3, 9/8,         n1: a0 a1 a2",
    // never equals or greater ones
    "10/8,        9/8,         n2: b0",
    "10/8,        11/8,        ''",
    "10/3 1/6,    11/8,        ''",
    "10/2 1/6,    11/8,        n1: a1",
  })
  void whereTheLeastIsLost(String first, String second, String expected) {
    var a = first.split(" ");
    for (var i = 0; i < a.length; i++) {
      resident("a" + i, "n1", a[i]);
    }
    var b = second.split(" ");
    for (var i = 0; i < b.length; i++) {
      resident("b" + i, "n2", b[i]);
    }
    assertThat(victims(vip())).isEqualTo(expected);
  }

  private static Manifest since(String name, String node, String created, String started) {
    var pod = pod(name).nodeName(node).priority(1).requests("cpu", "8").created(created);
    return started.isEmpty() ? pod : pod.set(started, "status", "startTime");
  }

  @ParameterizedTest(name = "created {0}, started {1} against created {2}, started {3}: {4}")
  @CsvSource({
    "2026-01-01T00:00:00Z, '',                   2026-01-02T00:00:00Z, '',                   n2: b",
    "2026-01-02T00:00:00Z, '',                   2026-01-01T00:00:00Z, '',                   n1: a",
    "2026-01-01T00:00:00Z, 2026-01-05T00:00:00Z, 2026-01-02T00:00:00Z, 2026-01-03T00:00:00Z, n1: a",
    "2026-01-01T00:00:00Z, 2026-01-03T00:00:00Z, 2026-01-01T00:00:00Z, 2026-01-05T00:00:00Z, n2: b",
    "2026-01-01T00:00:00Z, 2026-01-05T00:00:00Z, 2026-01-04T00:00:00Z, '',                   n1: a",
  })
  void amongEqualsTheOneThatStartedLast(
      String created, String started, String createdThere, String startedThere, String expected) {
    cluster.put(since("a", "n1", created, started));
    cluster.put(since("b", "n2", createdThere, startedThere));
    assertThat(victims(vip())).isEqualTo(expected);
  }

  @Test
  void onOneNodeTheYoungestOfEqualsGoes() {
    for (var day = 1; day <= 3; day++) {
      cluster.put(
          pod("p" + day)
              .nodeName("n1")
              .priority(1)
              .requests("cpu", "3")
              .created("2026-01-0" + day + "T00:00:00Z"));
    }
    resident("b", "n2", "9/10");
    assertThat(victims(pod("vip").priority(10).requests("cpu", "4"))).isEqualTo("n1: p3");
  }

  @Test
  void nobodyGoesForWhoDoesNotWantItOrWhereItWouldNotHelp() {
    resident("a", "n1", "1/8");
    cluster.put(node("n2").taint("team", "red", "NoSchedule"));
    resident("b", "n2", "0/8");
    assertThat(victims(vip())).as("the taint stays").isEqualTo("n1: a");
    assertThat(victims(vip().spec("{'preemptionPolicy': 'Never'}"))).isEmpty();
    assertThat(victims(vip().requests("cpu", "11"))).isEmpty();
    assertThat(victims(vip().spec("{'nodeSelector': {'zone': 'x'}}"))).isEmpty();
  }

  @ParameterizedTest(name = "{0} of priority {1} on {2}: {3}")
  @CsvSource({
    "leaving, 1,  n1, true",
    "staying, 1,  n1, false",
    "leaving, 10, n1, false", // an equal does not leave for it
    "leaving, 1,  n2, false", // nor does who leaves another node
  })
  void itOnlyWaitsWhileLesserOnesLeaveItsNode(
      String kind, int priority, String node, boolean expected) {
    var other = pod("other").nodeName(node).priority(priority).requests("cpu", "8");
    cluster.put(kind.equals("leaving") ? other.finalizer("x/y").deleting() : other);
    var promised = vip().set("n1", "status", "nominatedNodeName");
    assertThat(isUnderWay(promised)).isEqualTo(expected);
    assertThat(isUnderWay(vip())).isFalse();
  }

  @Test
  void whoLeavesANodeThatCannotTakeItAnyMoreIsNotWaitedFor() {
    cluster.put(node("n1").taint("a", "", "NoSchedule"));
    cluster.put(pod("other").nodeName("n1").priority(1).finalizer("x/y").deleting());
    assertThat(isUnderWay(vip().set("n1", "status", "nominatedNodeName"))).isFalse();
  }

  @Test
  void nothingIsUnderWayOnANodeThatHasGone() {
    cluster.put(pod("other").nodeName("gone").priority(1).finalizer("x/y").deleting());
    var promised = vip().set("gone", "status", "nominatedNodeName");
    assertThat(isUnderWay(promised)).isFalse();
    var never = vip().set("never", "status", "nominatedNodeName");
    assertThat(isUnderWay(never)).isFalse();
  }
}
