package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.namespace;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Plan.Relief;
import dev.berth.core.control.Transition;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.storage.ObjectKey;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which kinds of change wake a pod that fits nowhere. */
class SchedulingWakesTest {
  private static final ObjectKey POD = Keys.pod("default", "p");

  private final SchedulingQueue queue = new SchedulingQueue();
  private final FedImage cluster = new FedImage();

  SchedulingWakesTest() {
    put(node("n1").label("zone", "a"));
    put(namespace("default"));
    put(storageClass("local", true));
    put(own("c"));
    put(member("g1"));
    put(member("g2"));
    put(spread("s1").volumeName("v"));
    put(spread("s2"));
    put(claim("other", "9Gi").classed("other"));
    put(neighbour());
    put(promised());
    put(making());
  }

  private static Manifest own(String name) {
    return claim(name, "2Gi").classed("local");
  }

  private static Manifest member(String name) {
    return claim(name, "5Gi")
        .classed("fast")
        .annotation(PersistentVolumeClaim.VOLUME_GROUP, "g")
        .annotation(PersistentVolumeClaim.VOLUME_GROUP_SIZE, "2");
  }

  private static Manifest spread(String name) {
    return claim(name, "9Gi").classed("apart").annotation(PersistentVolumeClaim.VOLUME_SPREAD, "x");
  }

  private static Manifest neighbour() {
    return pod("there").label("app", "x").nodeName("n1").phase("Running");
  }

  private static Manifest promised() {
    return pod("promised").priority(1).set("n1", "status", "nominatedNodeName");
  }

  private static Manifest making() {
    return volume("made", "9Gi")
        .classed("made")
        .annotation("berth.dev/provision", "requested/1")
        .annotation("berth.dev/provision-node", "n1");
  }

  private static Manifest free(String size, String type) {
    return volume("free", size).classed(type).phase("Available");
  }

  private void put(Manifest manifest) {
    observe(cluster.put(manifest));
  }

  private void observe(Transition transition) {
    queue.observe(transition, cluster.image, FedImage.NOW);
  }

  /** The pod is looked at, and set aside until one of these. */
  private void setAside(Manifest pod, Set<Relief> reliefs) {
    put(pod);
    while (queue.poll(FedImage.NOW) != null) {
      // Others that wait are not of interest.
    }
    queue.decided(POD, new Plan.Relieved(reliefs), FedImage.NOW);
  }

  private boolean isAwake() {
    for (var key = queue.poll(FedImage.NOW); key != null; key = queue.poll(FedImage.NOW)) {
      if (key.equals(POD)) {
        return true;
      }
    }
    return false;
  }

  private static Set<Relief> none() {
    return EnumSet.noneOf(Relief.class);
  }

  /** What happens, and which kinds of relief that is to a pod with the claims c and g1 and s2. */
  enum Happening {
    NODE_CAME(c -> c.put(node("n2")), EnumSet.of(Relief.NODE, Relief.ROOM, Relief.VOLUME)),
    NODE_WAS_LABELLED(c -> c.put(node("n1").label("zone", "b")), EnumSet.of(Relief.NODE)),
    NODE_IS_CORDONED_NO_MORE(
        c -> {
          c.put(node("n1").label("zone", "a").spec("{'unschedulable': true}"));
          return c.put(node("n1").label("zone", "a"));
        },
        EnumSet.of(Relief.NODE)),
    NODE_BECAME_READY(
        c -> {
          c.put(
              Manifest.of(Keys.node("n1"), "v1", "Node")
                  .label("zone", "a")
                  .condition("Ready", "False"));
          return c.put(
              Manifest.of(Keys.node("n1"), "v1", "Node")
                  .label("zone", "a")
                  .condition("Ready", "True"));
        },
        EnumSet.of(Relief.NODE)),
    NODE_GREW(
        c -> c.put(node("n1").label("zone", "a").set("20", "status", "allocatable", "cpu")),
        EnumSet.of(Relief.ROOM)),
    NODE_IS_LARGER_THAN_SAID(
        c -> c.put(node("n1").label("zone", "a").set("20", "status", "capacity", "cpu")),
        EnumSet.of(Relief.ROOM)),
    NODE_IS_THE_SAME(c -> c.put(node("n1").label("zone", "a").annotation("a", "b")), none()),
    NODE_WENT(c -> c.remove(Keys.node("n1")), none()),
    DRIVER_CAME(
        c -> c.put(Manifest.of(Keys.csiNode("n1"), "storage.k8s.io/v1", "CSINode")),
        EnumSet.of(Relief.NODE)),
    FITTING_VOLUME(c -> c.put(free("2Gi", "local")), EnumSet.of(Relief.VOLUME)),
    VOLUME_FOR_THE_GROUP(c -> c.put(free("5Gi", "fast")), EnumSet.of(Relief.VOLUME)),
    SMALL_VOLUME(c -> c.put(free("1Gi", "local")), none()),
    VOLUME_OF_ANOTHER_CLASS(c -> c.put(free("99Gi", "other")), none()),
    VOLUME_THAT_IS_TAKEN(c -> c.put(free("2Gi", "local").phase("Released")), none()),
    VOLUME_WAS_MADE(
        c -> c.put(making().annotation("berth.dev/provision", "made/1")), EnumSet.of(Relief.SPACE)),
    FREE_SPACE_WAS_REPORTED(
        c ->
            c.put(
                Manifest.of(Keys.capacity("n1", "made"), "storage.k8s.io/v1", "CSIStorageCapacity")
                    .set("made", "storageClassName")
                    .set("n1", "nodeTopology", "matchLabels", "kubernetes.io/hostname")
                    .set("1Gi", "capacity")),
        EnumSet.of(Relief.SPACE)),
    CLASS_CAME(c -> c.put(storageClass("fast", true)), EnumSet.of(Relief.VOLUME)),
    NAMESPACE_WAS_LABELLED(
        c -> c.put(namespace("default").label("team", "a")),
        EnumSet.of(Relief.POD_CAME, Relief.POD_GONE)),
    OWN_CLAIM_CHANGED(c -> c.put(own("c").label("a", "b")), EnumSet.of(Relief.CLAIM)),
    MEMBER_OF_THE_GROUP_CHANGED(c -> c.put(member("g2").label("a", "b")), EnumSet.of(Relief.CLAIM)),
    MEMBER_OF_THE_GROUP_WENT(c -> c.remove(Keys.claim("default", "g2")), EnumSet.of(Relief.CLAIM)),
    MEMBER_OF_THE_GROUP_CAME(c -> c.put(member("g3")), EnumSet.of(Relief.CLAIM)),
    CLAIM_LEFT_ITS_PLACE(c -> c.put(spread("s1")), EnumSet.of(Relief.CLAIM)),
    CLAIM_STAYED_IN_ITS_PLACE(c -> c.put(spread("s1").volumeName("v").label("a", "b")), none()),
    ANOTHER_CLAIM_CHANGED(
        c -> c.put(claim("other", "9Gi").classed("other").label("a", "b")), none()),
    POD_WITH_THE_GROUP_CAME(c -> c.put(pod("q", "g2")), EnumSet.of(Relief.CLAIM)),
    POD_WITH_ANOTHER_CLAIM_CAME(c -> c.put(pod("q", "other")), none()),
    POD_GOT_A_NODE(
        c -> {
          c.put(pod("q"));
          return c.put(pod("q").nodeName("n1"));
        },
        EnumSet.of(Relief.POD_CAME)),
    NEIGHBOUR_WENT(
        c -> c.remove(Keys.pod("default", "there")), EnumSet.of(Relief.POD_GONE, Relief.ROOM)),
    NEIGHBOUR_FINISHED(
        c -> c.put(neighbour().phase("Succeeded")), EnumSet.of(Relief.POD_GONE, Relief.ROOM)),
    NEIGHBOUR_WAS_LABELLED(
        c -> c.put(neighbour().label("app", "y")), EnumSet.of(Relief.POD_GONE, Relief.POD_CAME)),
    NEIGHBOUR_IS_ON_ITS_WAY_OUT(
        c -> c.put(neighbour().finalizer("x/y").deleting()),
        EnumSet.of(Relief.POD_GONE, Relief.POD_CAME)),
    NEIGHBOUR_BECAME_READY(c -> c.put(neighbour().condition("Ready", "True")), none()),
    PROMISE_WAS_TAKEN_BACK(
        c -> c.put(pod("promised").priority(1)), EnumSet.of(Relief.ROOM, Relief.POD_GONE)),
    PROMISE_IS_STILL_KEPT(c -> c.put(promised().annotation("a", "b")), none()),
    PROMISE_WAS_KEPT(c -> c.put(promised().nodeName("n1")), none()),
    ROOM_IS_KEPT_FOR_ANOTHER(
        c -> c.put(pod("other").set("n1", "status", "nominatedNodeName")),
        EnumSet.of(Relief.POD_CAME)),
    WAITING_POD_WENT(
        c -> {
          c.put(pod("q"));
          return c.remove(Keys.pod("default", "q"));
        },
        none());

    final Function<FedImage, Transition> event;
    final Set<Relief> relieves;

    Happening(Function<FedImage, Transition> event, Set<Relief> relieves) {
      this.event = event;
      this.relieves = relieves;
    }
  }

  @ParameterizedTest
  @EnumSource
  void itIsReliefOfTheseKindsAndOfNoOther(Happening happening) {
    var woken = EnumSet.noneOf(Relief.class);
    for (var relief : Relief.values()) {
      var fresh = new SchedulingWakesTest();
      fresh.setAside(pod("p", "c", "g1", "s2"), EnumSet.of(relief));
      assertThat(fresh.isAwake()).as("before").isFalse();
      fresh.observe(happening.event.apply(fresh.cluster));
      if (fresh.isAwake()) {
        woken.add(relief);
      }
    }
    assertThat(woken).isEqualTo(happening.relieves);
  }

  @Test
  void aNodeThatCannotTakeItDoesNotHelp() {
    setAside(pod("p").requests("cpu", "15"), EnumSet.of(Relief.NODE, Relief.ROOM));
    put(node("n2"));
    put(node("n3").set("20", "status", "allocatable", "cpu").taint("a", "", "NoSchedule"));
    assertThat(isAwake()).isFalse();
    put(node("n4").set("20", "status", "allocatable", "cpu"));
    assertThat(isAwake()).isTrue();
  }

  @Test
  void unlessOthersAroundItMatter() {
    setAside(pod("p").requests("cpu", "15"), EnumSet.of(Relief.NODE, Relief.POD_CAME));
    put(node("n2"));
    assertThat(isAwake()).isTrue();
    setAside(pod("p").requests("cpu", "16"), EnumSet.of(Relief.NODE, Relief.POD_GONE));
    put(node("n3"));
    assertThat(isAwake()).isTrue();
  }

  @Test
  void aNodeThatIsPromisedToItMayHelpByThePromise() {
    var large = pod("p").requests("cpu", "10");
    put(pod("promised").priority(1).requests("cpu", "1").set("n1", "status", "nominatedNodeName"));
    setAside(large, EnumSet.of(Relief.NODE));
    put(node("n1").label("zone", "b"));
    assertThat(isAwake()).as("what is kept for others does not help it").isFalse();
    var other = new SchedulingWakesTest();
    other.setAside(large.set("n1", "status", "nominatedNodeName"), EnumSet.of(Relief.NODE));
    other.put(node("n1").label("zone", "c"));
    assertThat(other.isAwake()).isTrue();
  }

  @Test
  void whatBindsItsClaimEndsItsRest() {
    setAside(pod("p", "c"), EnumSet.of(Relief.CLAIM));
    for (var attempt = 0; attempt < 3; attempt++) {
      queue.add(POD, FedImage.NOW);
      assertThat(isAwake()).isTrue();
      queue.decided(POD, new Plan.Relieved(EnumSet.of(Relief.CLAIM)), FedImage.NOW);
    }
    put(own("c").label("a", "b"));
    assertThat(isAwake()).as("it has been tried often, and rests").isFalse();
    put(own("c").volumeName("v").annotation("pv.kubernetes.io/bind-completed", "yes"));
    assertThat(isAwake()).isTrue();
  }
}
