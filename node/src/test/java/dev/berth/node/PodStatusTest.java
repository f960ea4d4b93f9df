package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Condition;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Resources;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.runtime.ContainerFailure;
import dev.berth.node.runtime.ContainerFailure.Reason;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a pod's status says, and that it comes to rest. */
class PodStatusTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private NodeWorld world;

  @BeforeEach
  void start() {
    world = new NodeWorld(disks, containers);
    world.start();
    world.volume("pv-1", disks.disk(64 * MIB).device(), 64 * MIB);
    world.boundClaim("claim", "pv-1");
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private Condition condition(String type) {
    var found =
        world.pod("p").orElseThrow().status().conditions().stream()
            .filter(condition -> condition.type().equals(type))
            .toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }

  /** Nobody looks at the pod again within a second, which only a pod at rest is spared. */
  private void comesToRest() {
    var last = new AtomicLong(-1);
    Awaitility.await()
        .pollInterval(Duration.ofMillis(1200))
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              var now = containers.looks();
              return last.getAndSet(now) == now;
            });
  }

  @Test
  void whatWasWrongOnceIsNotSaidOfAPodThatIsReady() {
    containers.refuse("main", new ContainerFailure(Reason.CREATE_FAILED, "no room"));
    world.pod("p", "claim");
    eventually(() -> assertThat(condition("Ready").reason()).isEqualTo("ContainersNotReady"));
    containers.admit("main");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    eventually(() -> assertThat(condition("Ready").isTrue()).isTrue());
    assertThat(condition("Ready").reason()).isEmpty();
    assertThat(condition("Ready").message()).isEmpty();
    comesToRest();
  }

  @Test
  void theConditionsOfOthersAreLeftAsTheyAre() {
    world.pod("p", "claim");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("Running"));
    world.patch(
        ResourceTypes.POD,
        "p",
        Resources.STATUS,
        """
        {'status': {'conditions': [
          {'type': 'berth.test/Own', 'status': 'True', 'lastProbeTime': null, 'extra': 'kept'}]}}""");
    eventually(() -> assertThat(condition("Ready").isTrue()).isTrue());
    containers.exit(world.pod("p").orElseThrow().metadata().uid(), "main", 1);
    eventually(() -> assertThat(containers.started()).hasSize(2));
    eventually(() -> assertThat(condition("Ready").isTrue()).isTrue());
    var stored = world.api().get(ResourceTypes.POD, NodeWorld.NAMESPACE, "p").document();
    assertThat(Json.parse(stored).path("status").path("conditions"))
        .anySatisfy(
            condition -> {
              assertThat(Json.text(condition, "type")).isEqualTo("berth.test/Own");
              assertThat(Json.text(condition, "extra")).isEqualTo("kept");
              assertThat(condition.has("true")).isFalse();
            });
    comesToRest();
  }

  @Test
  void aContainerWhoseHostGoesDownWithItEachTimeIsStartedWithAPause() {
    world.pod("p", "claim");
    for (var starts = 1; starts <= 2; starts++) {
      var expected = starts;
      eventually(() -> assertThat(containers.started()).hasSize(expected));
      eventually(() -> assertThat(condition("Ready").isTrue()).isTrue());
      world.stop();
      containers.reboot();
      world.start();
    }
    eventually(
        () -> {
          var stored = world.api().get(ResourceTypes.POD, NodeWorld.NAMESPACE, "p").document();
          var waiting = Json.parse(stored).at("/status/containerStatuses/0/state/waiting");
          assertThat(Json.text(waiting, "reason")).isEqualTo("CrashLoopBackOff");
          assertThat(Json.text(waiting, "message")).startsWith("back-off 10s");
        });
    assertThat(containers.started()).hasSize(2);
  }
}
