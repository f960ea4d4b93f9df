package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.model.PersistentVolumeClaim;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A pod whose volume is being made on a node is there already for every rule that speaks of the
 * pods on a node; otherwise others could take its room, and its volume would be where it cannot be.
 */
class ExpectedPodsTest extends PodsWithVolumesToMake {

  private List<String> asked(String... pods) {
    return Arrays.stream(pods).map(this::askedOf).sorted().toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {OURS, FOREIGN})
  void noMoreVolumesAreMadeOnANodeThanItHasRoomForTheirPods(String provisioner) {
    world(provisioner, small("n1"), small("n2"));
    create(user("a"), user("b"), user("c"), user("d"), user("e"));
    assertThat(asked("a", "b", "c", "d", "e")).containsExactly("", "n1", "n1", "n2", "n2");
    assertThat(cluster.whyUnscheduled("e"))
        .isEqualTo("0/2 nodes are available: 2 Insufficient cpu.");
    assertThat(keptFor("e")).isEmpty();
    assertThat(keptFor("a")).isEqualTo(askedOf("a"));
    assertThat(cluster.whyUnscheduled("a")).contains(" to make the volume of claim c-a");
  }

  @Test
  void whenItsVolumeIsThereThePodGetsTheRoomThatWasKept() {
    world(OURS, small("n1"));
    create(user("a"), user("b"));
    cluster.put(pod("late").requests("cpu", "1")).settle();
    assertThat(cluster.nodeOf("late")).isEmpty();
    answer("a", "made");
    answer("b", "made");
    assertThat(cluster.nodeOf("a")).isEqualTo("n1");
    assertThat(cluster.nodeOf("b")).isEqualTo("n1");
    assertThat(keptFor("a")).isEmpty();
    assertThat(cluster.nodeOf("late")).isEmpty();
  }

  @Test
  void whenItCannotBeMadeTheRoomIsFreeForOthersAtOnce() {
    world(OURS, small("n1"), small("n2"));
    create(user("a").requests("cpu", "2"), user("b").requests("cpu", "2"));
    var first = askedOf("a");
    cluster.put(pod("late").requests("cpu", "1")).settle();
    assertThat(cluster.nodeOf("late")).isEmpty();
    answer("a", "failed");
    assertThat(cluster.nodeOf("late")).isEqualTo(first);
    assertThat(keptFor("a")).isEmpty();
  }

  @Test
  void aPodThatGoesGivesTheRoomBack() {
    world(OURS, small("n1"));
    create(user("a").requests("cpu", "2"));
    cluster.put(pod("late").requests("cpu", "2")).settle();
    assertThat(cluster.nodeOf("late")).isEmpty();
    cluster.remove(Keys.pod("default", "a")).pass(LONGEST_BACKOFF);
    assertThat(cluster.nodeOf("late")).isEqualTo("n1");
  }

  @Test
  void aClaimThatGoesGivesTheRoomBack() {
    world(OURS, small("n1"));
    create(user("a").requests("cpu", "2"));
    cluster.put(pod("late").requests("cpu", "2")).settle();
    cluster.delete(Keys.claim("default", "c-a")).pass(LONGEST_BACKOFF);
    assertThat(keptFor("a")).isEmpty();
    assertThat(cluster.nodeOf("late")).isEqualTo("n1");
  }

  @Test
  void whoMattersMoreTakesItAllTheSame() {
    world(OURS, small("n1"));
    create(user("a").requests("cpu", "2"));
    cluster.put(pod("urgent").priority(5).requests("cpu", "2")).settle();
    assertThat(cluster.nodeOf("urgent")).isEqualTo("n1");
    answer("a", "made");
    assertThat(cluster.nodeOf("a")).isEmpty();
    assertThat(cluster.whyUnscheduled("a"))
        .isEqualTo("0/1 nodes are available: 1 Insufficient cpu.");
  }

  @Test
  void theNumberOfPodsCounts() {
    world(OURS, node("n1").set("1", "status", "allocatable", "pods"), node("n2"));
    create(user("a").spec("{'nodeSelector': {'%s': 'n1'}}".formatted(HOSTNAME)));
    create(user("b"));
    assertThat(askedOf("b")).isEqualTo("n2");
  }

  @Test
  void theirPortsAreTaken() {
    world(OURS, node("n1"), node("n2"));
    create(user("a").ports(80, "TCP", ""), user("b").ports(80, "TCP", ""));
    create(user("c").ports(80, "TCP", ""));
    assertThat(asked("a", "b", "c")).containsExactly("", "n1", "n2");
  }

  private static Manifest apart(String name, String topologyKey) {
    return user(name)
        .label("app", "db")
        .spec(
            """
            {'affinity': {'podAntiAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': [
              {'labelSelector': {'matchLabels': {'app': 'db'}}, 'topologyKey': '%s'}]}}}"""
                .formatted(topologyKey));
  }

  @Test
  void whoWantsToBeApartFromThemGoesElsewhere() {
    world(OURS, node("n1"), node("n2"));
    create(apart("a", HOSTNAME), apart("b", HOSTNAME), apart("c", HOSTNAME));
    assertThat(asked("a", "b", "c")).containsExactly("", "n1", "n2");
    answer("a", "made");
    answer("b", "made");
    assertThat(cluster.nodeOf("a")).isEqualTo(askedOf("a"));
    assertThat(cluster.nodeOf("b")).isEqualTo(askedOf("b"));
  }

  @Test
  void whomTheyWantToBeApartFromGoesElsewhere() {
    world(OURS, node("n1"), node("n2"));
    create(apart("a", HOSTNAME));
    cluster.put(pod("plain").label("app", "db")).settle();
    assertThat(cluster.nodeOf("plain")).isNotEmpty().isNotEqualTo(askedOf("a"));
  }

  @Test
  void aPodIsNotApartFromItselfWhenItIsSentToAnotherNodeOfTheSamePlace() {
    world(OURS, node("n1").label("zone", "z"), node("n2").label("zone", "z"));
    create(apart("a", "zone"));
    var first = askedOf("a");
    answer("a", "failed");
    assertThat(askedOf("a")).isNotEmpty().isNotEqualTo(first);
    assertThat(keptFor("a")).isEqualTo(askedOf("a"));
  }

  private static Manifest near(String name) {
    return user(name)
        .label("app", "db")
        .spec(
            """
            {'affinity': {'podAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': [
              {'labelSelector': {'matchLabels': {'app': 'db'}}, 'topologyKey': 'zone'}]}}}""");
  }

  @Test
  void whoWantsToBeNearThemGoesThere() {
    world(OURS, node("n1").label("zone", "y"), node("n2").label("zone", "z"));
    create(near("a").requests("cpu", "3"), near("b"), near("c"));
    assertThat(askedOf("b")).isEqualTo(askedOf("a"));
    assertThat(askedOf("c")).isEqualTo(askedOf("a"));
    for (var each : List.of("c", "a", "b")) {
      answer(each, "made");
      assertThat(cluster.nodeOf(each)).isEqualTo(askedOf("a"));
    }
  }

  @Test
  void theyCountWhereAnEvenSpreadIsRequired() {
    world(OURS, node("n1"), node("n2"));
    var even =
        """
        {'topologySpreadConstraints': [{'maxSkew': 1, 'topologyKey': '%s',
          'whenUnsatisfiable': 'DoNotSchedule', 'labelSelector': {'matchLabels': {'app': 'db'}}}]}"""
            .formatted(HOSTNAME);
    for (var name : List.of("a", "b", "c", "d")) {
      create(user(name).label("app", "db").spec(even));
    }
    assertThat(asked("a", "b", "c", "d")).containsExactly("n1", "n1", "n2", "n2");
    for (var name : List.of("d", "a", "c", "b")) {
      answer(name, "made");
      assertThat(cluster.nodeOf(name)).isEqualTo(askedOf(name));
    }
  }

  @Test
  void membersOfAGroupKeepTheirRoomTogether() {
    world(OURS, node("n1").set("4", "status", "allocatable", "cpu"));
    for (var name : List.of("a", "b")) {
      cluster.put(
          claim("c-" + name, "1Gi")
              .uid("u-" + name)
              .classed("made")
              .annotation(PersistentVolumeClaim.VOLUME_GROUP, "g")
              .annotation(PersistentVolumeClaim.VOLUME_GROUP_SIZE, "2"),
          user(name).requests("cpu", "2"));
    }
    cluster.settle();
    assertThat(List.of(keptFor("a"), keptFor("b"))).containsExactly("n1", "n1");
    cluster.put(pod("late").requests("cpu", "1")).settle();
    assertThat(cluster.nodeOf("late")).isEmpty();
    answer("a", "made");
    answer("b", "made");
    assertThat(List.of(cluster.nodeOf("a"), cluster.nodeOf("b"))).containsExactly("n1", "n1");
  }

  @Test
  void theRoomIsStillKeptAfterARestart() {
    world(OURS, small("n1"));
    create(user("a").requests("cpu", "2"));
    var restarted = cluster.successor(Controllers.all(true, true));
    restarted.put(pod("late").requests("cpu", "1")).settle();
    restarted.pass(Duration.ofMinutes(3));
    assertThat(restarted.nodeOf("late")).isEmpty();
    assertThat(restarted.at(Keys.pod("default", "a"), "status", "nominatedNodeName"))
        .isEqualTo("n1");
  }

  @Test
  void anExternalProvisionerThatGivesTheNodeBackFreesItsRoom() {
    world(FOREIGN, small("n1"), small("n2"));
    create(user("a").requests("cpu", "2"));
    var first = askedOf("a");
    cluster
        .change(
            Keys.claim("default", "c-a"),
            tree ->
                tree.withObject("metadata")
                    .withObject("annotations")
                    .remove(PersistentVolumeClaim.SELECTED_NODE))
        .pass(LONGEST_BACKOFF);
    assertThat(askedOf("a")).isNotEmpty().isNotEqualTo(first);
    cluster.put(pod("late").requests("cpu", "2")).settle();
    assertThat(cluster.nodeOf("late")).isEqualTo(first);
    cluster
        .put(
            volume("pvc-u-a", "1Gi")
                .classed("made")
                .on(askedOf("a"))
                .policy("Delete")
                .claimRef("c-a", "u-a"))
        .settle();
    assertThat(cluster.nodeOf("a")).isEqualTo(askedOf("a"));
  }
}
