package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.Transition;
import dev.berth.core.model.PersistentVolumeClaim;
import java.util.TreeSet;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which claims are looked at again when something changed. */
class ClaimWakesTest {

  private static FedImage cluster() {
    return new FedImage(
        storageClass("now", false).set("loop.berth.dev", "provisioner"),
        storageClass("later", true).set("loop.berth.dev", "provisioner"),
        storageClass("manual", false),
        node("n1").label("zone", "a"),
        claim("now-1", "1Gi").classed("now"),
        claim("now-2", "9Gi").classed("now"),
        claim("now-block", "1Gi").classed("now").block(),
        claim("later", "1Gi").classed("later"),
        claim("manual", "1Gi").classed("manual"),
        claim("classless", "1Gi"),
        member("g1"),
        member("g2"),
        spread("s1").volumeName("v"),
        spread("s2"),
        making());
  }

  private static Manifest member(String name) {
    return claim(name, "1Gi")
        .classed("manual")
        .annotation(PersistentVolumeClaim.VOLUME_GROUP, "g")
        .annotation(PersistentVolumeClaim.VOLUME_GROUP_SIZE, "2");
  }

  private static Manifest spread(String name) {
    return claim(name, "1Gi").classed("apart").annotation(PersistentVolumeClaim.VOLUME_SPREAD, "x");
  }

  private static Manifest making() {
    return volume("made", "9Gi").classed("now").annotation("berth.dev/provision", "requested/1");
  }

  /** What happens, and which claims that wakes. */
  enum Happening {
    CLAIM_CHANGED(c -> c.put(claim("later", "1Gi").classed("later").label("a", "b")), "later"),
    CLAIM_WENT(c -> c.remove(Keys.claim("default", "manual")), "manual"),
    MEMBER_OF_A_GROUP_CAME(c -> c.put(member("g3")), "g1 g2 g3"),
    MEMBER_OF_A_GROUP_WENT(c -> c.remove(Keys.claim("default", "g2")), "g1 g2"),
    MEMBER_LEFT_ITS_GROUP(c -> c.put(claim("g2", "1Gi").classed("manual")), "g1 g2"),
    CLAIM_LEFT_ITS_PLACE(c -> c.put(spread("s1")), "s1 s2"),
    CLAIM_STAYED_IN_ITS_PLACE(c -> c.put(spread("s1").volumeName("v").label("a", "b")), "s1"),
    CLAIM_THAT_HAD_NO_PLACE_CHANGED(c -> c.put(spread("s2").label("a", "b")), "s2"),
    NODE_CAME(c -> c.put(node("n2")), "g1 g2 now-1 now-2 now-block s1 s2"),
    NODE_WENT(c -> c.remove(Keys.node("n1")), "g1 g2 now-1 now-2 now-block s1 s2"),
    NODE_WAS_LABELLED(
        c -> c.put(node("n1").label("zone", "b")), "g1 g2 now-1 now-2 now-block s1 s2"),
    NODE_IS_THE_SAME(c -> c.put(node("n1").label("zone", "a").annotation("a", "b")), ""),
    NODE_IS_CORDONED_NO_MORE(
        c -> {
          c.put(node("n1").label("zone", "a").spec("{'unschedulable': true}"));
          return c.put(node("n1").label("zone", "a"));
        },
        "now-1 now-2 now-block"),
    VOLUME_OF_A_MEMBER_WENT(
        c -> {
          c.put(volume("x", "1Gi").claimRef("g2", ""));
          return c.remove(Keys.volume("x"));
        },
        "g1 g2"),
    VOLUME_IS_RESERVED(c -> c.put(volume("x", "1Gi").claimRef("manual", "")), "manual"),
    RESERVED_VOLUME_WENT(
        c -> {
          c.put(volume("x", "1Gi").claimRef("manual", ""));
          return c.remove(Keys.volume("x"));
        },
        "manual"),
    VOLUME_THAT_A_CLAIM_NAMES_CAME(c -> c.put(volume("v", "1Gi")), "s1"),
    VOLUME_OF_NOBODY_CAME(c -> c.put(volume("x", "1Gi").classed("now")), ""),
    VOLUME_WAS_MADE(
        c -> c.put(making().annotation("berth.dev/provision", "made/1")), "now-1 now-2 now-block"),
    FREE_SPACE_WAS_REPORTED(
        c ->
            c.put(
                Manifest.of(Keys.capacity("n1", "now"), "storage.k8s.io/v1", "CSIStorageCapacity")
                    .set("now", "storageClassName")
                    .set("1Gi", "capacity")),
        "now-1 now-2 now-block"),
    CLASS_CHANGED(c -> c.put(storageClass("later", false)), "later"),
    DEFAULT_CLASS_CAME(
        c ->
            c.put(
                storageClass("usual", false)
                    .annotation("storageclass.kubernetes.io/is-default-class", "true")),
        "classless"),
    POD_CAME(c -> c.put(pod("p", "later", "manual")), "later manual"),
    POD_CAME_WITH_A_NODE(c -> c.put(pod("p", "later").nodeName("n1")), ""),
    POD_CHANGED(
        c -> {
          c.put(pod("p", "later"));
          return c.put(pod("p", "later").label("a", "b"));
        },
        ""),
    POD_WENT(
        c -> {
          c.put(pod("p", "later"));
          return c.remove(Keys.pod("default", "p"));
        },
        "");

    final Function<FedImage, Transition> event;
    final String wakes;

    Happening(Function<FedImage, Transition> event, String wakes) {
      this.event = event;
      this.wakes = wakes;
    }
  }

  @ParameterizedTest
  @EnumSource
  void itWakesTheseClaims(Happening happening) {
    var cluster = cluster();
    var transition = happening.event.apply(cluster);
    var woken = new TreeSet<String>();
    ClaimWakes.of(transition, cluster.image, claim -> woken.add(claim.name()));
    assertThat(String.join(" ", woken)).isEqualTo(happening.wakes);
  }
}
