package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.NodeWorld.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.MountTable;
import dev.berth.node.runtime.ContainerMount;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a pod may ask of the way in which it is shown its volumes; containers only in name. */
class VolumeMountsTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private NodeWorld world;

  @BeforeEach
  void makeWorld() {
    world = new NodeWorld(disks, containers);
    world.start();
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  private Pod pod(String name, String volume, String mount, String container) {
    world.create(
        ResourceTypes.POD,
        json(
            """
            {'metadata':{'name':'%s'},'spec':{'nodeName':'%s','terminationGracePeriodSeconds':1,
              'containers':[{'name':'main','image':'host','volumeMounts':[
                {'name':'data','mountPath':'/data'%s}]%s}],
              'volumes':[{'name':'data',%s}]}}"""
                .formatted(name, NodeWorld.NODE, mount, container, volume)));
    return world.pod(name).orElseThrow();
  }

  private void runs(String pod) {
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("Running"));
  }

  private void removed(String pod) {
    world.deletePod(pod);
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("gone"));
  }

  private ContainerMount mount() {
    return containers.started().getFirst().mounts().getFirst();
  }

  private List<String> toldOf(String pod) {
    return world.events().stream()
        .filter(event -> pod.equals(event.about().name()) && event.reason().equals("FailedMount"))
        .map(NodeWorld.Told::message)
        .toList();
  }

  private void waits(String... why) {
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "Failed"))
                .anySatisfy(message -> assertThat(message).contains(why)));
    assertThat(containers.started()).isEmpty();
  }

  @Test
  void aPartIsNamedByVariables() {
    var pod =
        pod(
            "p",
            "'emptyDir':{}",
            ",'subPathExpr':'logs/$(POD)'",
            ",'env':[{'name':'POD','valueFrom':{'fieldRef':{'fieldPath':'metadata.name'}}}]");
    runs("p");
    assertThat(mount().hostPath().getParent()).endsWith(Path.of("volume-subpaths/data/main"));
    assertThat(
            world
                .root()
                .resolve(
                    "pods/%s/volumes/kubernetes.io~empty-dir/data/logs/p"
                        .formatted(pod.metadata().uid())))
        .isDirectory();
    removed("p");
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  @ParameterizedTest
  @CsvSource({
    "$(MISSING), the container has no variable MISSING",
    "$(UP)/x, expected a relative path without '..'",
    "$(ROOT), expected a relative path without '..'",
  })
  void aPartThatIsNoPartIsRefused(String expression, String why) {
    pod(
        "p",
        "'emptyDir':{}",
        ",'subPathExpr':'%s'".formatted(expression),
        ",'env':[{'name':'UP','value':'..'},{'name':'ROOT','value':'/etc'}]");
    waits("subPathExpr " + expression, why);
    removed("p");
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  @Test
  void mountsMadeLaterAreSeenByBothWhereThePodAsksForIt() throws Exception {
    var pod =
        pod(
            "p",
            "'emptyDir':{}",
            ",'mountPropagation':'Bidirectional'",
            ",'securityContext':{'privileged':true}");
    runs("p");
    assertThat(mount().propagation()).isEqualTo(ContainerMount.Propagation.BIDIRECTIONAL);
    var at = MountTable.reader().read().at(mount().hostPath()).orElseThrow();
    assertThat(at.sharedGroup()).isPresent();
    // As a container would leave it behind.
    var left = Files.createDirectory(mount().hostPath().resolve("left"));
    LoopDisks.run("mount", "-t", "tmpfs", "none", left.toString());
    removed("p");
    eventually(() -> assertThat(world.mounts()).isEmpty());
    assertThat(world.root().resolve("pods/" + pod.metadata().uid())).doesNotExist();
  }

  @Test
  void aHostsMountThatIsNotSharedIsRefused() {
    var directory = disks.directory("host");
    pod(
        "p",
        "'hostPath':{'path':'%s'}".formatted(directory),
        ",'mountPropagation':'HostToContainer'",
        "");
    waits(directory.toString(), "which is not shared", "mount --make-rshared");
    removed("p");
  }

  @Test
  void readOnlyAllTheWayDown() {
    pod("p", "'emptyDir':{}", ",'readOnly':true,'recursiveReadOnly':'Enabled'", "");
    runs("p");
    assertThat(mount().readOnly()).isTrue();
    assertThat(mount().allReadOnly()).isTrue();
    removed("p");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aVolumeForOnePodIsGivenToOnePodAtATime(boolean ofTheHost) {
    world.volume(
        "pv-1",
        ofTheHost ? Path.of("/unused") : disks.disk(64 * MIB).device(),
        64 * MIB,
        spec -> {
          spec.putArray("accessModes").add("ReadWriteOncePod");
          if (ofTheHost) {
            spec.remove("local");
            spec.putObject("hostPath").put("path", "/tmp");
          }
        });
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    runs("p");
    world.pod("q", "claim");
    eventually(
        () ->
            assertThat(world.pod("q").orElseThrow().status().containerStatuses().toString())
                .contains("ReadWriteOncePod and is in use by pod default/p"));
    assertThat(containers.started()).hasSize(1);
    eventually(() -> assertThat(toldOf("q")).hasSize(1));
    assertThat(toldOf("q").getFirst())
        .isEqualTo(
            "volume pv-1 has the access mode ReadWriteOncePod and is in use by pod default/p;"
                + " delete that one first");
    removed("p");
    runs("q");
    assertThat(toldOf("q")).as("told once").hasSize(1);
    removed("q");
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  @Test
  void mountOptionsThatCannotBeAppliedAreRefused() {
    world.volume(
        "pv-host",
        Path.of("/unused"),
        MIB,
        spec -> {
          spec.remove("local");
          spec.putObject("hostPath").put("path", "/tmp");
          spec.putArray("mountOptions").add("noatime");
        });
    world.boundClaim("host", "pv-host");
    world.pod("p", "host");
    waits("volume pv-host is a hostPath: its mountOptions [noatime] cannot be applied");
    removed("p");
  }

  @ParameterizedTest
  @CsvSource({
    "'', directory, ok",
    "'', file, ok",
    "Directory, directory, ok",
    "Directory, file, 'expected a directory, found a regular file'",
    "Directory, missing, does not exist on this node",
    "DirectoryOrCreate, directory, ok",
    "DirectoryOrCreate, missing, ok",
    "DirectoryOrCreate, file, 'expected a directory, found a regular file'",
    "File, file, ok",
    "File, directory, 'expected a regular file, found a directory'",
    "FileOrCreate, file, ok",
    "FileOrCreate, missing, ok",
    "FileOrCreate, directory, 'expected a regular file, found a directory'",
    "Socket, socket, ok",
    "Socket, file, 'expected a socket, found a regular file'",
    "CharDevice, /dev/null, ok",
    "CharDevice, file, 'expected a character device, found a regular file'",
    "BlockDevice, file, 'expected a block device, found a regular file'",
    "BlockDevice, disk, ok",
    "'', missing, does not exist on this node",
  })
  void everyTypeOfHostPath(String type, String what, String expected) throws Exception {
    var directory = disks.directory("host");
    var path =
        switch (what) {
          case "directory" -> Files.createDirectory(directory.resolve("d"));
          case "file" -> Files.createFile(directory.resolve("f"));
          case "disk" -> disks.disk(8 * MIB).device();
          case "missing" -> directory.resolve("none");
          case "socket" -> socket(directory.resolve("s"));
          default -> Path.of(what);
        };
    pod("p", "'hostPath':{'path':'%s','type':'%s'}".formatted(path, type), "", "");
    if (expected.equals("ok")) {
      runs("p");
      assertThat(mount().hostPath()).isEqualTo(path);
    } else {
      waits(path.toString(), expected);
    }
    removed("p");
    if (type.endsWith("OrCreate") && what.equals("missing")) {
      var mode = type.startsWith("File") ? 0644 : 0755;
      assertThat((int) Files.getAttribute(path, "unix:mode") & 07777).isEqualTo(mode);
    }
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  private static Path socket(Path path) throws Exception {
    var address = java.net.UnixDomainSocketAddress.of(path);
    try (var server =
        java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
      server.bind(address);
    }
    return path;
  }
}
