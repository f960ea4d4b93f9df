package dev.berth.core.explain;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static dev.berth.core.explain.ExplainedWorld.disk;
import static dev.berth.core.explain.ExplainedWorld.reasons;
import static dev.berth.core.explain.ExplainedWorld.spread;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.binding.Cordon;
import dev.berth.core.binding.Provisioning;
import dev.berth.core.binding.VolumeGroup;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.model.PersistentVolumeClaim;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** What people are told, rule by rule. */
class ExplanationTest {
  private final ExplainedWorld world = new ExplainedWorld();

  @Test
  void whatIsKeptForThePodItselfIsFree() {
    world.put(
        node("n1"),
        pod("lesser").requests("cpu", "8").nodeName("n1").phase("Running"),
        pod("p").priority(1).requests("cpu", "4"));
    assertThat(world.cluster.at(Keys.pod("default", "p"), "status", "nominatedNodeName"))
        .isEqualTo("n1");
    assertThat(reasons(world.pod("p"), "n1")).isEqualTo("resource: 4 / 2 free of 10");
  }

  @Test
  void aNodeWithTooLittleSaysHowMuchItHas() {
    world.put(
        node("n1"),
        pod("big").requests("cpu", "8").nodeName("n1").phase("Running"),
        pod("p").requests("cpu", "4").requests("memory", "1Gi"));
    var why = world.pod("p");
    assertThat(why.waiting()).isTrue();
    assertThat(why.summary()).isEqualTo("none of 1 nodes can take it: 1 Insufficient cpu");
    assertThat(why.needed()).containsExactly("cpu 4", "memory 1Gi");
    assertThat(reasons(why, "n1")).isEqualTo("resource: 4 / 2 free of 10");
    assertThat(why.advice()).isEqualTo("kubectl delete pod -n default big");
  }

  @Test
  void aNodeSaysAllThatItHasAgainstAPodNotOnlyTheFirst() {
    world.put(
        node("n1").spec("{'unschedulable': true}").taint("db", "", "NoSchedule"),
        node("n2"),
        pod("p").spec("{'nodeSelector': {'zone': 'a'}}"));
    var why = world.pod("p");
    assertThat(reasons(why, "n1")).isEqualTo("unschedulable:  / \ntaint:  / \naffinity:  /");
    assertThat(why.candidates().getFirst().name()).as("the least wanting first").isEqualTo("n2");
    assertThat(why.advice()).isEqualTo("kubectl label node n2 zone=a");
  }

  @Test
  void volumesOfANodeAreToldOneByOne() {
    world.put(
        storageClass("local", true),
        node("n1"),
        node("n2"),
        disk("small", "1Gi", "n1"),
        disk("block", "10Gi", "n1").block(),
        disk("out", "10Gi", "n2").annotation(Cordon.ANNOTATION, "true"),
        claim("c", "5Gi").classed("local"),
        pod("p", "c"));
    var why = world.pod("p");
    assertThat(reasons(why, "n1"))
        .isEqualTo(
            """
            no-volume: claim c: 5Gi / volume small: 1Gi
            no-volume: claim c: Filesystem / volume block: Block""");
    assertThat(reasons(why, "n2"))
        .isEqualTo(
            "cordoned: claim c: a volume that is offered / volume out: cordoned by an"
                + " administrator");
    assertThat(why.advice()).isEqualTo("kubectl annotate pv out berth.dev/cordoned-");
    assertThat(world.claim("c").summary())
        .startsWith("it gets its volume together with the node of pod p: none of 2 nodes");
  }

  @Test
  void aPodWithMoreClaimsThanCanBeBoundAtOnceIsToldSo() {
    world.put(storageClass("local", true), node("n1"));
    var names = new String[VolumeGroup.LARGEST + 1];
    for (var n = 0; n < names.length; n++) {
      names[n] = "c" + n;
      world.put(disk("v" + n, "1Gi", "n1"), claim(names[n], "1Gi").classed("local"));
    }
    world.put(pod("p", names));
    assertThat(world.pod("p").waiting()).isTrue();
    assertThat(world.pod("p").summary())
        .contains("pod has 32 unbound PersistentVolumeClaims, at most 31 can be bound at once");
  }

  @Test
  void aVolumeThatIsElsewhereIsNamedWithItsHosts() {
    var volume = disk("v", "1Gi", "nobody");
    world.put(
        storageClass("local", true),
        node("n1"),
        volume,
        claim("c", "1Gi").classed("local").boundTo(volume),
        pod("p", "c"));
    assertThat(reasons(world.pod("p"), "n1"))
        .isEqualTo(
            "volume-place: claim c: a node that its volume v is on / the volume is on nobody");
    assertThat(world.pod("p").advice())
        .isEqualTo(
            "bring a node that has its volumes, or use other claims; the volumes are on: v (nobody)");
  }

  @Test
  void aPlaceThatIsTakenIsNamed() {
    var volume = disk("v1", "1Gi", "n1");
    world.put(
        storageClass("local", true),
        node("n1").label("rack", "a"),
        node("n2").label("rack", "a"),
        node("n3"),
        volume,
        disk("v2", "1Gi", "n2"),
        spread("c1").boundTo(volume),
        spread("c2"),
        pod("p", "c2"));
    assertThat(reasons(world.pod("p"), "n2"))
        .isEqualTo(
            "volume-spread: claim c2: a rack that no other claim of its spread has / rack=a;"
                + " taken: a");
    assertThat(reasons(world.pod("p"), "n3"))
        .startsWith(
            "volume-spread: claim c2: a rack that no other claim of its spread has / no such"
                + " label; taken: a");
  }

  @Test
  void nobodyIsAdvisedToUseAFailingDisk() {
    var failing = disk("bad", "10Gi", "n1");
    failing
        .tree()
        .withObject("status")
        .withArray("conditions")
        .addObject()
        .put("type", Cordon.DISK_HEALTHY)
        .put("status", "False")
        .put("message", "12 errors");
    world.put(
        storageClass("local", true),
        node("n1"),
        failing,
        claim("c", "5Gi").classed("local"),
        pod("p", "c"));
    var why = world.pod("p");
    assertThat(reasons(why, "n1")).contains("its disk is failing: 12 errors");
    assertThat(why.changes())
        .singleElement()
        .isInstanceOfSatisfying(
            Remedy.Create.class, made -> assertThat(made.key()).isEqualTo(Keys.volume("c-n1")));
  }

  @Test
  void noMorePodsAreToEndThanMakeRoom() {
    world.put(
        node("n1"),
        pod("a").requests("cpu", "1").nodeName("n1").phase("Running"),
        pod("b").requests("cpu", "4").nodeName("n1").phase("Running"),
        pod("c").requests("cpu", "4").nodeName("n1").phase("Running"),
        pod("p").requests("cpu", "9"));
    assertThat(world.pod("p").advice())
        .isEqualTo("kubectl delete pod -n default b; and kubectl delete pod -n default c");
  }

  @Test
  void noNodeIsAdvisedToSayThatItIsElsewhere() {
    world.put(node("n1").label("rack", "b"), pod("p").spec("{'nodeSelector': {'rack': 'a'}}"));
    assertThat(world.pod("p").changes()).isEmpty();
  }

  @Test
  void aVolumeThatIsToBeMadeHasANameThatItCanHave() {
    var name = "c".repeat(250);
    world.put(
        storageClass("local", true),
        node("n1").label("kubernetes.io/hostname", "Rack_1"),
        claim("c", "5Gi").classed("local"),
        claim(name, "5Gi").classed("local"),
        pod("p", "c"),
        pod("q", name));
    for (var pod : List.of("p", "q")) {
      assertThat(world.pod(pod).changes())
          .singleElement()
          .satisfies(
              made ->
                  assertThat(made.key().name()).matches("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"));
    }
  }

  @Test
  void aPodThatIsBeingDeletedOnItsNodeIsToldSo() {
    world.put(node("n1"), pod("p").nodeName("n1").phase("Running").deleting());
    assertThat(world.pod("p").summary()).isEqualTo("it is being deleted, and ends on node n1");
  }

  @Test
  void aCordonedNodeWithATaintIsHelpedByBoth() {
    world.put(node("n1").spec("{'unschedulable': true}").taint("db", "", "NoSchedule"), pod("p"));
    assertThat(world.pod("p").advice())
        .isEqualTo("kubectl uncordon n1; and kubectl taint node n1 db:NoSchedule-");
  }

  @Test
  void whatIsBoundOrRunsWaitsForNothing() {
    world.put(
        storageClass("local", true),
        node("n1"),
        disk("v", "5Gi", "n1"),
        claim("c", "5Gi").classed("local"),
        pod("p", "c"));
    assertThat(world.claim("c").summary()).isEqualTo("bound to volume v (5Gi, class \"local\")");
    assertThat(world.claim("c").waiting()).isFalse();
    assertThat(world.pod("p").summary()).isEqualTo("it was given to node n1, which prepares it");
    world.cluster.change(
        Keys.pod("default", "p"), pod -> pod.withObject("status").put("phase", "Running"));
    assertThat(world.pod("p").waiting()).isFalse();
  }

  @Test
  void whatAPodWaitsForOnItsNodeIsInItsStatus() {
    var waiting = pod("p").nodeName("n1");
    waiting
        .tree()
        .withObject("status")
        .withArray("containerStatuses")
        .addObject()
        .put("name", "main")
        .withObject("state")
        .withObject("waiting")
        .put("reason", "ContainerCreating")
        .put("message", "volume v: /dev/sdx is not there");
    // The same for whoever reads conditions.
    waiting
        .tree()
        .withObject("status")
        .withArray("conditions")
        .addObject()
        .put("type", "Ready")
        .put("status", "False")
        .put("message", "containers with unready status: [main]: /dev/sdx is not there");
    world.put(node("n1"), waiting);
    assertThat(world.pod("p").summary())
        .isEqualTo(
            "it was given to node n1: container main: ContainerCreating, volume v: /dev/sdx is not"
                + " there");
  }

  @Test
  void gatesOtherSchedulersAndMissingThingsAreNamed() {
    world.put(
        node("n1"),
        pod("gated").spec("{'schedulingGates': [{'name': 'later'}]}"),
        pod("foreign").spec("{'schedulerName': 'mine'}"),
        pod("lonely", "nothing"),
        claim("named", "1Gi").volumeName("absent"));
    assertThat(world.pod("gated").summary()).isEqualTo("it has scheduling gates: later");
    assertThat(world.pod("foreign").summary()).contains("left to the scheduler mine");
    assertThat(world.pod("lonely").summary())
        .isEqualTo("persistentvolumeclaim \"nothing\" not found");
    assertThat(world.pod("lonely").advice()).isEqualTo("create the claim nothing");
    assertThat(world.claim("named").summary())
        .isEqualTo("it names the volume absent, which does not exist");
  }

  @Test
  void aListOfCandidatesEndsAtTheLimitAndSaysSo() {
    for (var i = 0; i < 20; i++) {
      world.put(node("n" + i));
    }
    world.put(pod("p").requests("cpu", "100"));
    var answer =
        Explanations.of(world.cluster.loop())
            .of(Keys.pod("default", "p"), world.cluster.store.revision(), 3);
    world.cluster.settle();
    var why = answer.join().orElseThrow();
    assertThat(why.candidates()).hasSize(3);
    assertThat(why.left()).isEqualTo(17);
    assertThat(why.changes()).as("it asks for more than any node has").isEmpty();
    assertThat(why.advice()).isEqualTo("add a node, or ask for less");
  }

  @Test
  void conditionsAndEventsChangeOnlyWithTheReason() {
    world.put(node("n1"), pod("p").requests("cpu", "100"));
    var before = world.cluster.tree(Keys.pod("default", "p"));
    world.cluster.forgetEvents().pass(Duration.ofMinutes(30));
    assertThat(world.cluster.tree(Keys.pod("default", "p"))).isEqualTo(before);
  }

  @Test
  void whoAsksADeciderThatHasEndedIsNotLeftWaiting() {
    world.put(node("n1"));
    world.cluster.loop().close();
    var answer = Explanations.of(world.cluster.loop()).of(Keys.pod("default", "p"), 0, 10);
    Assertions.assertThatExceptionOfType(CancellationException.class).isThrownBy(answer::join);
  }

  @Test
  void aPodIsToldWhichNodeCouldNotMakeItsVolume() {
    world.put(
        storageClass("loop", true).set("loop.berth.dev", "provisioner"),
        node("n1"),
        volume("small", "1Gi").classed("loop").on("n1").phase("Available"),
        claim("c", "5Gi")
            .classed("loop")
            .annotation(Provisioning.REFUSED_BY, "2026-01-03T01:00:00Z n1"),
        pod("p", "c"));
    assertThat(reasons(world.pod("p"), "n1"))
        .contains("claim c: a node that has not just failed to make it / a new volume: it failed")
        .endsWith("no-volume: claim c: 5Gi / volume small: 1Gi");
  }

  /** Immediate, delayed and grouped claims. */
  @Test
  void aPoolThatNoNodeHasIsNamedTogetherWithThoseThatThereAre() {
    var until = "2026-01-03T01:00:00Z n1 n2";
    world.put(
        pooled("now", false),
        pooled("later", true),
        node("n1").annotation("berth.dev/pools", "default"),
        node("n2").annotation("berth.dev/pools", "default,ssd"),
        claim("c", "5Gi").classed("now").annotation(Provisioning.REFUSED_BY, until),
        claim("d", "5Gi").classed("later").annotation(Provisioning.REFUSED_BY, until),
        claim("g", "5Gi")
            .classed("now")
            .annotation(PersistentVolumeClaim.VOLUME_GROUP, "all")
            .annotation(PersistentVolumeClaim.VOLUME_GROUP_SIZE, "1")
            .annotation(Provisioning.REFUSED_BY, until),
        pod("p", "d"));
    var advice =
        "no node has the pool \"fast\" of class \"%s\"; there are: default on node n1;"
            + " default, ssd on node n2. Create the class again with one of these as its parameter"
            + " pool, or give a node the pool fast (setting pools) and restart its server";
    assertThat(world.claim("c").advice()).isEqualTo(advice.formatted("now"));
    assertThat(world.claim("d").advice()).isEqualTo(advice.formatted("later"));
    assertThat(world.claim("g").advice()).isEqualTo(advice.formatted("now"));
    assertThat(world.pod("p").advice()).isEqualTo(advice.formatted("later"));
    assertThat(world.pod("p").changes()).isEmpty();
    // One that does not tell may have it.
    world.put(node("n3").spec("{'unschedulable': true}"));
    assertThat(world.claim("c").advice()).startsWith("make room on a node");
  }

  private static Manifest pooled(String name, boolean delayed) {
    var type = storageClass(name, delayed).set("loop.berth.dev", "provisioner");
    type.tree().putObject("parameters").put("pool", "fast");
    return type;
  }

  @Test
  void ofManyVolumesThatANodeHasSomeAreNamedAndTheOthersCounted() {
    world.put(storageClass("local", true), node("n1"));
    for (var i = 10; i < 40; i++) {
      world.put(disk("v" + i, "1Gi", "n1").block());
    }
    world.put(disk("near", "2Gi", "n1"), claim("c", "5Gi").classed("local"), pod("p", "c"));
    var why = reasons(world.pod("p"), "n1");
    assertThat(why)
        .as("the one that wants least first")
        .startsWith("no-volume: claim c: 5Gi / volume near: 2Gi\n")
        .endsWith(
            "no-volume: claim c: a volume that it can have / 11 more volumes that it cannot have");
    assertThat(why.lines()).hasSize(1 + 2 * 19 + 1);
  }
}
