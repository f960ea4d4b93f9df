package dev.berth.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.observe.Meters;
import dev.berth.core.registry.Bootstrap;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.core.registry.Patch;
import dev.berth.core.registry.Registry;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WriteOptions;
import dev.berth.core.storage.InMemoryObjectStore;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.VolumeId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** What a node says of itself in the API, and when it counts as said. */
@Timeout(30)
class NodeReporterTest {
  private static final String NODE = "node-1";
  private static final VolumeId VOLUME = LocalVolumes.id("disk-1");
  private static final VolumeId OTHER = LocalVolumes.id("disk-2");
  private static final WriteOptions SOMEBODY =
      new WriteOptions(false, "somebody", WriteOptions.FieldValidation.IGNORE);

  @TempDir private Path root;

  private final Registry registry =
      new Registry(new InMemoryObjectStore(), InstantSource.system(), new Random(7), Meters.none());
  private volatile Duration ahead = Duration.ZERO;
  private NodeReporter reporter;

  @BeforeEach
  void start() throws Exception {
    Bootstrap.ensure(registry);
    reporter =
        new NodeReporter(
            new NodeConfig(NODE, root, Map.of(), Map.of(), false, 0, "v1"),
            NodeFacts.measure(root, "v1"),
            registry,
            () -> Instant.now().plus(ahead));
    reporter.start();
    reporter.registered().get(10, TimeUnit.SECONDS);
    // One that looks at the whole Node comes first.
    report(Set.of());
  }

  @AfterEach
  void stop() {
    reporter.close();
  }

  @Test
  void aReportOfUseIsOfUseAlone() throws Exception {
    kernelOf("somebody else");

    report(Set.of(VOLUME));
    assertThat(inUse()).containsExactly(VOLUME.toString());
    report(Set.of(OTHER, VOLUME));
    assertThat(inUse()).containsExactly(VOLUME.toString(), OTHER.toString());
    report(Set.of());
    assertThat(inUse()).isEmpty();

    assertThat(node().at("/status/nodeInfo/kernelVersion").asString()).isEqualTo("somebody else");
  }

  @Test
  void aClockThatIsSetBackKeepsNoNodeFromBeingLookedAt() throws Exception {
    kernelOf("somebody else");
    ahead = Duration.ofHours(-1);

    report(Set.of(VOLUME));

    assertThat(node().at("/status/nodeInfo/kernelVersion").asString())
        .isNotEqualTo("somebody else");
  }

  @Test
  void whatElseThereIsToSayIsSaidWithIt() throws Exception {
    reporter.ready(new NodeStatus.Readiness(true, "Found", "it runs", "oci://1"));
    report(Set.of(VOLUME));

    assertThat(inUse()).containsExactly(VOLUME.toString());
    assertThat(node().at("/status/nodeInfo/containerRuntimeVersion").asString())
        .isEqualTo("oci://1");
  }

  @Test
  void aNodeThatWentIsMadeAnewBeforeItsUseCountsAsTold() throws Exception {
    registry.delete(ResourceTypes.NODE, "", NODE, DeleteOptions.DEFAULT);

    report(Set.of(VOLUME));

    assertThat(inUse()).containsExactly(VOLUME.toString());
    assertThat(node().at("/status/capacity").isObject()).isTrue();
  }

  @Test
  void anotherNodeOfTheNameIsToldEverything() throws Exception {
    registry.delete(ResourceTypes.NODE, "", NODE, DeleteOptions.DEFAULT);
    var other = Json.object();
    other.withObject("metadata").put("name", NODE);
    registry.create(ResourceTypes.NODE, "", other, SOMEBODY);

    report(Set.of(VOLUME));

    assertThat(inUse()).containsExactly(VOLUME.toString());
    assertThat(node().at("/status/capacity").isObject()).isTrue();
    assertThat(reporter.uid()).isEqualTo(Json.text(node(), "metadata", "uid"));
  }

  private void kernelOf(String who) {
    var status = Json.object();
    status.withObject("status").withObject("nodeInfo").put("kernelVersion", who);
    registry.patch(
        ResourceTypes.NODE, "", NODE, Resources.STATUS, new Patch.MergePatch(status), SOMEBODY);
  }

  private void report(Set<VolumeId> volumes) throws Exception {
    reporter.report(volumes).get(10, TimeUnit.SECONDS);
  }

  private List<String> inUse() {
    return node().at("/status/volumesInUse").valueStream().map(JsonNode::asString).toList();
  }

  private JsonNode node() {
    return Json.parse(registry.get(ResourceTypes.NODE, "", NODE).document());
  }
}
