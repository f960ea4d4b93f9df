package dev.berth.core.explain;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.binding.Cordon;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.storage.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * In worlds made by chance something waits: after the change that its explanation names, it does
 * not wait any more; and where no change is named, it is said why.
 *
 * <p>{@code -Dberth.seed=N} replays one world.
 */
class SmallestChangeTest {
  private static final int WORLDS = 1500;

  @Test
  void whatIsAdvisedHelps() {
    var replayed = Long.getLong("berth.seed");
    var helped = 0;
    if (replayed != null) {
      new World(replayed).check();
      return;
    }
    for (var seed = 0; seed < WORLDS; seed++) {
      try {
        helped += new World(seed).check() ? 1 : 0;
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + " (-Dberth.seed=" + seed + ")", e);
      }
    }
    assertThat(helped)
        .as("worlds in which something waited that could be helped")
        .isGreaterThan(WORLDS / 3);
  }

  private static final class World {
    private final SplittableRandom random;
    private final ExplainedWorld world = new ExplainedWorld();

    World(long seed) {
      random = new SplittableRandom(seed);
    }

    private boolean chance(int percent) {
      return random.nextInt(100) < percent;
    }

    private <T> T any(List<T> list) {
      return list.get(random.nextInt(list.size()));
    }

    /** Whether there was something to help. */
    boolean check() {
      var things = new ArrayList<>(List.of(storageClass("late", true), storageClass("now", false)));
      things.add(maker("made", true));
      things.add(maker("made-now", false));
      var nodes = 1 + random.nextInt(4);
      for (var i = 0; i < nodes; i++) {
        things.add(someNode("n" + i));
        for (var type : List.of("made", "made-now")) {
          things.add(report("n" + i, type, any(List.of("0", "2Gi", "7Gi"))));
        }
        var residents = random.nextInt(3);
        for (var j = 0; j < residents; j++) {
          things.add(
              pod("r" + i + j)
                  .requests("cpu", String.valueOf(1 + random.nextInt(6)))
                  .ports(80 + random.nextInt(3), "TCP", "")
                  .nodeName("n" + i)
                  .phase("Running"));
        }
      }
      for (var i = random.nextInt(5); i > 0; i--) {
        things.add(someVolume("v" + i, nodes));
      }
      world.put(things.toArray(Manifest[]::new));
      return chance(70) ? checkPod() : checkClaim();
    }

    private Manifest someNode(String name) {
      var node = node(name);
      if (chance(40)) {
        node.label("zone", any(List.of("a", "b")));
      }
      if (chance(30)) {
        node.spec("{'unschedulable': true}");
      }
      if (chance(30)) {
        node.taint("dedicated", "x", any(List.of("NoSchedule", "NoExecute", "PreferNoSchedule")));
      }
      if (chance(20)) {
        node.set(any(List.of("1", "2")), "status", "allocatable", "pods");
      }
      return node;
    }

    private static Manifest maker(String name, boolean delayed) {
      return storageClass(name, delayed).set("loop.berth.dev", "provisioner");
    }

    private static Manifest report(String node, String type, String free) {
      return Manifest.of(Keys.capacity(node, type), "storage.k8s.io/v1", "CSIStorageCapacity")
          .set(type, "storageClassName")
          .set(node, "nodeTopology", "matchLabels", Node.HOSTNAME_LABEL)
          .set(free, "capacity");
    }

    private Manifest someVolume(String name, int nodes) {
      var volume =
          volume(name, any(List.of("1Gi", "5Gi", "10Gi")))
              .classed(any(List.of("late", "now")))
              .on("n" + random.nextInt(nodes))
              .phase("Available");
      if (chance(25)) {
        volume.annotation(Cordon.ANNOTATION, "true");
      }
      if (chance(20)) {
        volume.block();
      }
      if (chance(20)) {
        volume.modes("ReadOnlyMany");
      }
      if (chance(30)) {
        volume.label("tier", any(List.of("gold", "tin")));
      }
      if (chance(15)) {
        volume.claimRef("another", "").phase("Available");
      }
      return volume;
    }

    private Manifest someClaim(String name) {
      var claim = claim(name, any(List.of("1Gi", "5Gi"))).classed(any(List.of("late", "now")));
      return chance(30) ? claim.selector("tier", "gold") : claim;
    }

    /** Claims of one group, of any classes. */
    private List<String> someGroup(boolean immediate) {
      var names = new ArrayList<String>();
      var size = 1 + random.nextInt(3);
      for (var i = 0; i < size; i++) {
        names.add("c" + i);
        world.put(
            someClaim("c" + i)
                .classed(
                    any(
                        immediate
                            ? List.of("now", "made-now")
                            : i == 0 ? List.of("late", "made") : List.of("late", "made", "now")))
                .annotation(PersistentVolumeClaim.VOLUME_GROUP, "g")
                .annotation(PersistentVolumeClaim.VOLUME_GROUP_SIZE, String.valueOf(size)));
      }
      return names;
    }

    private boolean checkPod() {
      var names = new ArrayList<String>();
      var pods = new ArrayList<Manifest>();
      if (chance(40)) {
        var immediate = chance(30);
        names.addAll(someGroup(immediate));
        if (!immediate && names.size() > 1) {
          // A pod of its own for one of them, which has to be there, too.
          pods.add(wishful(pod("q", names.removeLast())));
        }
      } else {
        for (var i = random.nextInt(3); i > 0; i--) {
          names.add("c" + i);
          world.put(someClaim("c" + i));
        }
      }
      var pod = wishful(pod("p", names.toArray(String[]::new)));
      if (chance(10)) {
        pod.spec("{'schedulingGates': [{'name': 'g'}]}");
      }
      pods.add(pod);
      world.put(pods.toArray(Manifest[]::new));
      return helps(Keys.pod("default", "p"));
    }

    private Manifest wishful(Manifest pod) {
      pod.requests("cpu", any(List.of("1", "6", "9")));
      if (chance(40)) {
        pod.spec("{'nodeSelector': {'zone': 'a'}}");
      } else if (chance(30)) {
        pod.spec(
            """
            {'affinity': {'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution':
              {'nodeSelectorTerms': [{'matchExpressions': [
                {'key': 'zone', 'operator': 'In', 'values': ['b', 'c']}]}]}}}}""");
      }
      if (chance(30)) {
        pod.ports(80, "TCP", "");
      }
      return pod;
    }

    private boolean checkClaim() {
      if (chance(40)) {
        return helps(Keys.claim("default", any(someGroup(chance(60)))));
      }
      world.put(someClaim("c"));
      return helps(Keys.claim("default", "c"));
    }

    /**
     * Where nodes were looked at, the pod gets one; where volumes were, the claim gets one. A gate,
     * or a claim that is in the way on every node, may hide what is in the way behind it.
     */
    private boolean helps(ObjectKey key) {
      var why = world.of(key);
      var helped = false;
      for (var turn = 0; turn < 4 && why.waiting() && !why.changes().isEmpty(); turn++) {
        var before = why;
        world.apply(why);
        why = world.of(key);
        assertThat(why.waiting() && why.summary().equals(before.summary()))
            .as("it waits as before: %s", before)
            .isFalse();
        if (before.summary().startsWith("none of")
            && before.candidates().stream().anyMatch(each -> each.kind().equals("Node"))) {
          assertThat(!why.waiting() || isGiven(why)).as("%s, then %s", before, why).isTrue();
        } else if (isOf(key, before)) {
          assertThat(why.waiting()).as("%s, then %s", before, why).isFalse();
        }
        helped = true;
      }
      if (why.waiting()) {
        assertThat(why.summary()).isNotEmpty();
        assertThat(why.advice()).as("%s", why).isNotEmpty();
      }
      return helped;
    }

    /** Whether it is a claim that asks nothing but volumes. */
    private static boolean isOf(ObjectKey key, Explanation why) {
      return key.resource().equals("persistentvolumeclaims")
          && why.candidates().stream().anyMatch(each -> each.kind().equals("PersistentVolume"))
          && !why.summary().contains("together with the node");
    }

    /** A pod on its node waits for what a node does, and a claim may wait for a pod. */
    private static boolean isGiven(Explanation why) {
      return why.summary().startsWith("it was given to node")
          || why.summary().contains("to make ")
          || why.summary().contains("no pod uses it yet");
    }
  }
}
