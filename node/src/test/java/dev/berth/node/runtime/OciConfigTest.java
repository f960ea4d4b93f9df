package dev.berth.node.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.berth.node.linux.DeviceNumber;
import dev.berth.node.runtime.ContainerMount.Propagation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class OciConfigTest {
  private static final OwnRights ALL = new OwnRights(-1L, 1000, -1000);
  private static final OciSettings SETTINGS =
      new OciSettings("node-1", Path.of("/root-of-node"), List.of(), Map.of());

  private static JsonNode config(
      ContainerSecurity security, ContainerResources resources, OwnRights rights, Mounts mounts) {
    var pod = new PodRef("uid", "default", "web");
    var process =
        new ContainerProcess(
            List.of("run"), List.of("it"), Map.of("PATH", "/bin", "A", "1"), "/work", false, true);
    var spec =
        new ContainerSpec(
            pod,
            "main",
            0,
            "host",
            process,
            "web-0",
            List.of(),
            mounts.all,
            List.of(),
            resources,
            security,
            TerminationMessage.DEFAULT,
            ContainerSpec.DEFAULT_GRACE);
    var disk = new OciConfig.DeviceNode("/dev/disk", 'b', new DeviceNumber(7, 3), 0660, 6, true);
    return new OciConfig(
            spec,
            ContainerPaths.of(SETTINGS, spec.id(), pod),
            List.of("run", "it"),
            5,
            "/berth/group",
            List.of(disk),
            true,
            List.of("CAP_CHOWN"),
            rights)
        .toJson();
  }

  private record Mounts(List<ContainerMount> all) {}

  private static JsonNode config() {
    return config(
        ContainerSecurity.DEFAULT, ContainerResources.BEST_EFFORT, ALL, new Mounts(List.of()));
  }

  private static List<String> strings(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asString).toList();
  }

  @Test
  void theProcessIsThePods() {
    var process = config().path("process");
    assertThat(strings(process.path("args"))).containsExactly("run", "it");
    assertThat(strings(process.path("env")))
        .containsExactlyInAnyOrder("PATH=/bin", "A=1", "HOSTNAME=web-0", "TERM=xterm");
    assertThat(process.path("cwd").asString()).isEqualTo("/work");
    assertThat(process.path("terminal").asBoolean()).isTrue();
    assertThat(process.path("user").path("gid").asInt()).isEqualTo(5);
    assertThat(process.path("oomScoreAdj").asInt()).isEqualTo(1000);
    assertThat(process.path("rlimits").path(0).path("hard").asInt()).isEqualTo(1000);
  }

  @Test
  void whatThisProcessMayNotGiveIsNotAskedFor() {
    var guaranteed = new ContainerResources(0, 0, 0, -997);
    var none = new Mounts(List.of());
    var poor = new OwnRights(0, 20, 300);
    assertThat(
            config(ContainerSecurity.DEFAULT, guaranteed, poor, none)
                .path("process")
                .path("oomScoreAdj")
                .asInt())
        .isEqualTo(300);
    assertThat(
            config(ContainerSecurity.DEFAULT, guaranteed, ALL, none)
                .path("process")
                .path("oomScoreAdj")
                .asInt())
        .isEqualTo(-997);
  }

  @Test
  void limitsBecomeMemorySwapQuotaAndShares() {
    var limits = new ContainerResources(1 << 20, 250, 500, 0);
    var resources =
        config(ContainerSecurity.DEFAULT, limits, ALL, new Mounts(List.of()))
            .path("linux")
            .path("resources");
    assertThat(resources.path("memory").path("limit").asLong()).isEqualTo(1 << 20);
    assertThat(resources.path("memory").path("swap").asLong()).isEqualTo(1 << 20);
    assertThat(resources.path("cpu").path("quota").asLong()).isEqualTo(25_000);
    assertThat(resources.path("cpu").path("period").asLong()).isEqualTo(100_000);
    assertThat(resources.path("cpu").path("shares").asLong()).isEqualTo(512);
    var free = config().path("linux").path("resources");
    assertThat(free.has("memory")).isFalse();
    assertThat(free.path("cpu").has("quota")).isFalse();
    assertThat(free.path("cpu").path("shares").asLong()).isEqualTo(2);
  }

  @Test
  void devicesAreDeniedAndThenTheGivenOnesAllowed() {
    var rules = config().path("linux").path("resources").path("devices");
    assertThat(rules.path(0).path("allow").asBoolean()).isFalse();
    assertThat(rules.path(1).toString())
        .isEqualTo("{\"allow\":true,\"type\":\"b\",\"major\":7,\"minor\":3,\"access\":\"rm\"}");
    assertThat(config().path("linux").path("devices").path(0).path("path").asString())
        .isEqualTo("/dev/disk");
  }

  @Test
  void parentsAreMountedBeforeTheirChildrenAndTheWidestPropagationIsTheRoots() {
    var mounts = new ArrayList<ContainerMount>();
    mounts.add(new ContainerMount(Path.of("/v1"), "/data/deep/er"));
    mounts.add(new ContainerMount(Path.of("/v2"), "/data", true, Propagation.HOST_TO_CONTAINER));
    mounts.add(new ContainerMount(Path.of("/v3"), "/data/deep"));
    var config =
        config(ContainerSecurity.DEFAULT, ContainerResources.BEST_EFFORT, ALL, new Mounts(mounts));
    var ours =
        StreamSupport.stream(config.path("mounts").spliterator(), false)
            .filter(mount -> mount.path("source").asString().startsWith("/v"))
            .toList();
    assertThat(ours)
        .extracting(mount -> mount.path("destination").asString())
        .containsExactly("/data", "/data/deep", "/data/deep/er");
    assertThat(strings(ours.getFirst().path("options"))).containsExactly("rbind", "rslave", "ro");
    assertThat(strings(ours.getLast().path("options"))).containsExactly("rbind", "rprivate", "rw");
    assertThat(config.path("linux").path("rootfsPropagation").asString()).isEqualTo("rslave");
    assertThat(config().path("linux").path("rootfsPropagation").asString()).isEqualTo("rprivate");
  }

  @Test
  void capabilitiesAreDroppedThenAddedAndNeverMoreThanOurOwn() throws Exception {
    assertThat(OciCapabilities.of(security(false, List.of(), List.of()), ALL))
        .hasSize(14)
        .startsWith("CAP_CHOWN", "CAP_DAC_OVERRIDE")
        .doesNotContain("CAP_SYS_ADMIN");
    assertThat(OciCapabilities.of(security(false, List.of("NET_ADMIN"), List.of("ALL")), ALL))
        .containsExactly("CAP_NET_ADMIN");
    assertThat(OciCapabilities.of(security(false, List.of("cap_sys_time"), List.of("KILL")), ALL))
        .contains("CAP_SYS_TIME")
        .doesNotContain("CAP_KILL");
    assertThat(OciCapabilities.of(security(true, List.of(), List.of()), ALL)).hasSize(41);
    var chownOnly = new OwnRights(1, 10, 0);
    assertThat(OciCapabilities.of(security(true, List.of(), List.of()), chownOnly))
        .containsExactly("CAP_CHOWN");
    for (var name : List.of("NET_ADMIN", "FLY")) {
      assertThatExceptionOfType(ContainerFailure.class)
          .isThrownBy(
              () -> OciCapabilities.of(security(false, List.of(name), List.of()), chownOnly))
          .withMessageContaining(name);
    }
  }

  private static ContainerSecurity security(
      boolean privileged, List<String> add, List<String> drop) {
    return new ContainerSecurity(
        null, null, List.of(), false, privileged, false, true, add, drop, false, false);
  }
}
