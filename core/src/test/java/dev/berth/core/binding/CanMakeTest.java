package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.storageClass;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.Transition;
import dev.berth.core.model.PersistentVolumeClaim;
import java.util.HashMap;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whether a node can be asked for volumes, one beside the other. */
class CanMakeTest {
  private final FedImage cluster =
      new FedImage(made("loop"), made("again"), storageClass("manual", true), node("n1"));

  private static Manifest made(String name) {
    return storageClass(name, true).set("loop.berth.dev", "provisioner");
  }

  private void report(String type, String free) {
    cluster.put(
        Manifest.of(Keys.capacity("n1", type), "storage.k8s.io/v1", "CSIStorageCapacity")
            .set(type, "storageClassName")
            .set("n1", "nodeTopology", "matchLabels", "kubernetes.io/hostname")
            .set(free, "capacity"));
  }

  private PersistentVolumeClaim asking(String size, String type) {
    cluster.put(claim("c", size).classed(type));
    return Objects.requireNonNull(cluster.image.claim(Keys.claim("default", "c"))).view();
  }

  /** Which of the volumes the node can make, when each counts for those after it. */
  private String answers(String wishes) {
    var node = Objects.requireNonNull(cluster.image.node("n1")).view();
    var taken = new HashMap<String, Long>();
    return Stream.of(wishes.split(" "))
        .map(wish -> wish.split("/"))
        .map(wish -> Provisioning.canMake(cluster.image, asking(wish[0], wish[1]), node, taken))
        .map(can -> can ? "yes" : "no")
        .collect(Collectors.joining(" "));
  }

  @ParameterizedTest(name = "{0} are free, {1} are wanted: {2}")
  @CsvSource({
    "5Gi, 5Gi/loop,                      yes", // exactly
    "5Gi, 6Gi/loop,                      no",
    "5Gi, 3Gi/loop 2Gi/loop,             yes yes",
    "5Gi, 3Gi/loop 3Gi/loop 2Gi/loop,    yes no yes", // what is refused takes nothing
    "5Gi, 3Gi/loop 3Gi/again,            yes no", // classes of one pool share it
    "'',  9Gi/loop 9Gi/loop,             yes yes", // who tells nothing is asked
    "5Gi, 1Gi/manual 1Gi/unknown,        no no",
  })
  void whatIsFreeIsGivenOnce(String free, String wishes, String expected) {
    if (!free.isEmpty()) {
      report("loop", free);
      report("again", free);
    }
    assertThat(answers(wishes)).isEqualTo(expected);
  }

  @Test
  void aClassThatIsForOtherNodesIsNotMadeThere() {
    var elsewhere = made("loop");
    elsewhere
        .tree()
        .putArray("allowedTopologies")
        .addObject()
        .putArray("matchLabelExpressions")
        .addObject()
        .put("key", "zone")
        .putArray("values")
        .add("b");
    cluster.put(elsewhere);
    assertThat(answers("1Gi/loop")).isEqualTo("no");
    cluster.put(node("n1").label("zone", "b"));
    assertThat(answers("1Gi/loop")).isEqualTo("yes");
  }

  private @Nullable String free(String type) {
    var node = Objects.requireNonNull(cluster.image.node("n1")).view();
    var space = Provisioning.freeSpace(cluster.image, asking("1Gi", type), node);
    return space == null ? null : space.toString();
  }

  @Test
  void whatIsFreeIsKnownWhenItIsReported() {
    assertThat(free("loop")).isNull();
    report("loop", "5Gi");
    assertThat(free("loop")).isEqualTo("5Gi");
    assertThat(free("manual")).isNull();
  }

  private static Manifest state(String words) {
    var node = node("n1");
    if (words.contains("unready")) {
      node.tree().withObject("status").remove("conditions");
      node.condition("Ready", "False");
    }
    return words.contains("cordoned") ? node.spec("{'unschedulable': true}") : node;
  }

  @ParameterizedTest(name = "from {0} to {1}: {2}")
  @CsvSource({
    "open,     open,     false",
    "cordoned, open,     true",
    "unready,  open,     true",
    "open,     cordoned, false",
    "unready,  cordoned, false",
    "cordoned, unready,  false",
    "absent,   open,     true",
    "absent,   cordoned, false",
    "open,     absent,   false",
  })
  void aNodeMayBeAskedFromWhenItIsReadyAndNotCordoned(
      String before, String after, boolean expected) {
    var nodes = new FedImage(node("other"));
    Transition last = null;
    for (var words : new String[] {before, after}) {
      if (!words.equals("absent")) {
        last = nodes.put(state(words));
      } else if (last != null) {
        last = nodes.remove(Keys.node("n1"));
      }
    }
    assertThat(Provisioning.mayAskNow(Objects.requireNonNull(last))).isEqualTo(expected);
  }
}
