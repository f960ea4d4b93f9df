package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.model.PersistentVolumeClaim;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How long room is kept for a pod whose volume is being made, and from whom. */
class KeptRoomTest extends PodsWithVolumesToMake {

  private void giveBack(String pod) {
    cluster
        .change(
            Keys.claim("default", "c-" + pod),
            tree ->
                tree.withObject("metadata")
                    .withObject("annotations")
                    .remove(PersistentVolumeClaim.SELECTED_NODE))
        .pass(LONGEST_BACKOFF);
  }

  private boolean isGoing(String pod) {
    return !cluster.at(Keys.pod("default", pod), "metadata", "deletionTimestamp").isEmpty();
  }

  private static Manifest apart(Manifest pod) {
    return pod.label("app", "db")
        .spec(
            """
            {'affinity': {'podAntiAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': [
              {'labelSelector': {'matchLabels': {'app': 'db'}}, 'topologyKey': '%s'}]}}}"""
                .formatted(HOSTNAME));
  }

  private static String even(String more) {
    return """
        {'topologySpreadConstraints': [{'maxSkew': 1, 'topologyKey': 'zone', %s
          'whenUnsatisfiable': 'DoNotSchedule', 'labelSelector': {'matchLabels': {'app': 'db'}}}]}"""
        .formatted(more);
  }

  private static Manifest member(String name) {
    return claim("c-" + name, "1Gi")
        .uid("u-" + name)
        .classed("made")
        .annotation(PersistentVolumeClaim.VOLUME_GROUP, "g")
        .annotation(PersistentVolumeClaim.VOLUME_GROUP_SIZE, "2");
  }

  @Test
  void noneIsKeptForAPodThatOnlyAFinalizerHolds() {
    world(FOREIGN, small("n1"));
    create(user("a").requests("cpu", "2").finalizer("x/y"));
    cluster.put(pod("late").requests("cpu", "2")).settle();
    assertThat(cluster.nodeOf("late")).isEmpty();
    cluster.delete(Keys.pod("default", "a")).pass(LONGEST_BACKOFF);
    assertThat(cluster.nodeOf("late")).isEqualTo("n1");
  }

  @Test
  void whoMattersMoreDoesNotStayAwayFromOneThatIsOnlyExpected() {
    world(FOREIGN, node("n1"));
    create(apart(user("a")));
    cluster.put(apart(pod("equal")), apart(pod("urgent").priority(5))).pass(LONGEST_BACKOFF);
    assertThat(cluster.nodeOf("urgent")).isEqualTo("n1");
    assertThat(cluster.nodeOf("equal")).isEmpty();
    assertThat(keptFor("a")).isEmpty();
    assertThat(isGoing("a")).isFalse();
  }

  @Test
  void norDoesItWaitForAVolumeThatTheOtherWouldUse() {
    world(FOREIGN, node("n1"));
    cluster.put(
        Manifest.of(Keys.csiNode("n1"), "storage.k8s.io/v1", "CSINode")
            .spec(
                "{'drivers': [{'name': '%s', 'nodeID': 'x', 'allocatable': {'count': 1}}]}"
                    .formatted(FOREIGN)));
    create(user("a"), user("equal"));
    assertThat(askedOf("equal")).isEmpty();
    create(user("urgent").priority(5));
    cluster.pass(LONGEST_BACKOFF);
    assertThat(askedOf("urgent")).isEqualTo("n1");
  }

  @Test
  void aPodIsNotTiedToANodeThatCannotTakeItAnyMore() {
    world(FOREIGN, node("n1"), small("n2"));
    cluster.put(
        pod("old").nodeName("n1").phase("Running"),
        pod("lesser").nodeName("n2").requests("cpu", "2").phase("Running"));
    create(user("a").priority(5));
    assertThat(askedOf("a")).isEqualTo("n1");
    // As when the host is switched off: nothing leaves it.
    cluster.delete(Keys.pod("default", "old"));
    cluster.change(Keys.node("n1"), tree -> tree.withObject("spec").put("unschedulable", true));
    giveBack("a");
    assertThat(isGoing("lesser")).isTrue();
    assertThat(keptFor("a")).isEqualTo("n2");
  }

  @Test
  void noneIsKeptForAMemberOfAGroupThatIsGated() {
    world(OURS, node("n1"));
    cluster
        .put(member("a"), member("b"), user("b").spec("{'schedulingGates': [{'name': 'x'}]}"))
        .settle()
        .put(user("a"))
        .settle();
    assertThat(keptFor("a")).isEqualTo("n1");
    assertThat(keptFor("b")).isEmpty();
    cluster
        .change(Keys.pod("default", "b"), tree -> tree.withObject("spec").remove("schedulingGates"))
        .settle();
    assertThat(keptFor("b")).isEqualTo("n1");
  }

  @Test
  void nobodyElseUsesAClaimMeanwhileThatOnePodAloneMayUse() {
    world(FOREIGN, node("n1"));
    cluster.put(
        volume("v", "1Gi").classed("made").on("n1").claimRef("only", "u-only"),
        claim("only", "1Gi")
            .uid("u-only")
            .classed("made")
            .modes("ReadWriteOncePod")
            .volumeName("v"));
    cluster.settle();
    cluster.put(claim("c-a", "1Gi").uid("u-a").classed("made"), pod("a", "only", "c-a")).settle();
    assertThat(keptFor("a")).isEqualTo("n1");
    cluster.put(pod("b", "only")).settle();
    assertThat(cluster.nodeOf("b")).isEmpty();
    cluster.put(pod("urgent", "only").priority(5)).pass(LONGEST_BACKOFF);
    assertThat(cluster.nodeOf("urgent")).isEqualTo("n1");
  }

  @Test
  void aPodOnANodeThatDoesNotCountIsNotTakenFromThoseThatDo() {
    world(
        FOREIGN,
        node("n1").label("zone", "y"),
        node("n2").label("zone", "y"),
        node("n3").label("zone", "z").set("0", "status", "allocatable", "cpu"));
    create(user("a").label("app", "db").spec(even("'nodeTaintsPolicy': 'Honor',")));
    assertThat(askedOf("a")).isEqualTo("n1");
    cluster.put(pod("there").label("app", "db").nodeName("n2").phase("Running"));
    cluster.put(node("n1").label("zone", "y").taint("x", "", "NoSchedule"));
    giveBack("a");
    assertThat(askedOf("a")).as("in y is one that counts, in z none").isEmpty();
  }

  @Test
  void aGroupThatIsSentElsewhereIsNotCountedWhereItWas() {
    world(OURS, node("n1").label("zone", "y"), node("n2").label("zone", "z"));
    cluster.put(pod("there").label("app", "db").nodeName("n2").phase("Running"));
    for (var name : List.of("a", "b")) {
      cluster.put(member(name), user(name).label("app", "db").spec(even("")));
    }
    cluster.settle();
    assertThat(keptFor("a")).isEqualTo("n1");
    cluster.remove(Keys.pod("default", "there")).settle();
    answer("a", "failed");
    answer("b", "failed");
    assertThat(List.of(askedOf("a"), askedOf("b")))
        .as("in z there would be two, in y none")
        .containsExactly("", "");
  }

  @Test
  void itIsKeptAgainWhenTheClassOfTheVolumeIsReplaced() {
    world(FOREIGN, small("n1"));
    create(user("a").requests("cpu", "2"));
    cluster.remove(Keys.storageClass("made")).pass(LONGEST_BACKOFF);
    assertThat(keptFor("a")).isEmpty();
    world(FOREIGN);
    cluster.pass(LONGEST_BACKOFF);
    assertThat(askedOf("a")).isEqualTo("n1");
    assertThat(keptFor("a")).isEqualTo("n1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "n2", "gone"})
  void itIsKeptWhereTheVolumeIsMadeWhateverElseIsWritten(String node) {
    world(FOREIGN, small("n1"));
    create(user("a").requests("cpu", "2"));
    cluster.put(small("n2"));
    cluster
        .change(
            Keys.pod("default", "a"),
            tree -> tree.withObject("status").put("nominatedNodeName", node))
        .pass(Duration.ofMinutes(1));
    assertThat(keptFor("a")).isEqualTo("n1");
  }

  @Test
  void itIsKeptForOneOfThoseThatWaitForAVolumeThatOneAloneMayUse() {
    world(OURS, node("n1"));
    cluster.put(
        claim("c-a", "1Gi").uid("u-a").classed("made").modes("ReadWriteOncePod"), user("a"));
    cluster.settle().put(pod("second", "c-a").created("2025-01-01T00:00:00Z")).settle();
    assertThat(keptFor("a")).isEqualTo("n1");
    assertThat(keptFor("second")).isEmpty();
    answer("a", "made");
    assertThat(cluster.nodeOf("a")).isEqualTo("n1");
    assertThat(cluster.nodeOf("second")).isEmpty();
  }

  @Test
  void itIsKeptForEachThatWaitsForTheSameVolumeAndHasRoom() {
    world(FOREIGN, small("n1"));
    create(user("a"));
    cluster.put(pod("second", "c-a").requests("cpu", "1")).settle();
    assertThat(keptFor("second")).isEqualTo("n1");
    cluster.put(pod("third", "c-a").requests("cpu", "1")).settle();
    assertThat(keptFor("third")).isEmpty();
    cluster.put(pod("late").requests("cpu", "1")).settle();
    assertThat(cluster.nodeOf("late")).isEmpty();
  }
}
