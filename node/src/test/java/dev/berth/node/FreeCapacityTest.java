package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.Keys;
import dev.berth.core.model.CsiStorageCapacity;
import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.provision.NodeProvisioner;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.core.registry.ListOptions;
import dev.berth.core.registry.Resources;
import dev.berth.core.storage.StoredObject;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.VolumeGuard;
import dev.berth.node.linux.OpenFlag;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a node tells of the space in its pools: a real file system on a disk of its own. */
class FreeCapacityTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private NodeWorld world;
  private Path pool;
  private LoopDisks.LoopDisk disk;

  @BeforeEach
  void makeWorld() throws IOException {
    pool = disks.directory("pool");
    disk = disks.disk(256 * MIB);
    // Ext4 keeps a twentieth for root: that is not for volumes.
    run("mkfs.ext4", "-q", disk.device().toString());
    run("mount", disk.device().toString(), pool.toString());
    world = new NodeWorld(disks, containers, NodeWorld.children(hangingWhenAsked()));
    world.pool("default", pool);
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  /** All programs, and a stat that hangs at the pool while there is a file "hang". */
  private List<Path> hangingWhenAsked() throws IOException {
    var tools = disks.directory("tools");
    var stat = tools.resolve("stat");
    Files.writeString(
        stat,
        """
        #!/bin/sh
        for word; do [ "$word" = "%s" ] && [ -e %s ] && exec /bin/sleep 1000; done
        exec /usr/bin/stat "$@"
        """
            .formatted(pool, hang()));
    Files.setPosixFilePermissions(stat, PosixFilePermissions.fromString("rwx------"));
    return List.of(
        tools, Path.of("/usr/sbin"), Path.of("/usr/bin"), Path.of("/sbin"), Path.of("/bin"));
  }

  private Path hang() {
    return disks.directory().resolve("hang");
  }

  private void makeClass(String name, String parameters) {
    world.create(
        ResourceTypes.CLASS,
        NodeWorld.json(
            """
            {'metadata': {'name': '%s'}, 'provisioner': 'loop.berth.dev', 'parameters': %s}"""
                .formatted(name, parameters)));
  }

  /** Has the node look at once, as it does by itself every few seconds. */
  private void look(String type) {
    world.patch(
        ResourceTypes.CLASS,
        type,
        Resources.OBJECT,
        "{'metadata': {'annotations': {'looked': '%d'}}}".formatted(System.nanoTime()));
  }

  private List<StoredObject> reports() {
    return world
        .api()
        .list(ResourceTypes.STORAGE_CAPACITY, Keys.NODE_LEASES, ListOptions.ALL)
        .objects();
  }

  private static CsiStorageCapacity view(StoredObject stored) {
    return Json.view(stored.document(), CsiStorageCapacity.class);
  }

  private void tells(String... classes) {
    eventually(
        () ->
            assertThat(reports())
                .extracting(stored -> view(stored).storageClassName())
                .containsExactlyInAnyOrder(classes));
  }

  private StoredObject report(String type) {
    var key = Keys.capacity(NodeWorld.NODE, type);
    return world.api().get(ResourceTypes.STORAGE_CAPACITY, key.namespace(), key.name());
  }

  private long told(String type) {
    var capacity = view(report(type)).capacity();
    return capacity == null ? -1 : capacity.ceiling();
  }

  private long free() throws IOException {
    return Files.getFileStore(pool).getUsableSpace();
  }

  private void volume(String name, long bytes, String asked) {
    world.create(
        ResourceTypes.VOLUME,
        NodeWorld.json(
            """
            {'metadata': {'name': '%1$s', 'annotations': {'%2$s': '%3$s', '%4$s': '%5$s'}},
             'spec': {'capacity': {'storage': '%6$d'}, 'accessModes': ['ReadWriteOnce'],
              'persistentVolumeReclaimPolicy': 'Delete', 'storageClassName': 'loop',
              'csi': {'driver': 'loop.berth.dev', 'volumeHandle': '%1$s'},
              'nodeAffinity': {'required': {'nodeSelectorTerms': [{'matchExpressions': [
                {'key': 'kubernetes.io/hostname', 'operator': 'In', 'values': ['%5$s']}]}]}}}}"""
                .formatted(
                    name,
                    ProvisionProtocol.PROVISION,
                    asked,
                    ProvisionProtocol.NODE,
                    NodeWorld.NODE,
                    bytes)));
  }

  private StoredObject answered(String volume, String answer) {
    eventually(
        () ->
            assertThat(world.volume(volume).metadata().annotations())
                .containsEntry(ProvisionProtocol.PROVISION, answer));
    return world.api().get(ResourceTypes.VOLUME, "", volume);
  }

  private String nodeUid() {
    return world.api().list(ResourceTypes.NODE, null, ListOptions.ALL).objects().stream()
        .map(stored -> Json.view(stored.document(), Node.class).metadata().uid())
        .collect(Collectors.joining());
  }

  @Test
  void theNodeNamesItsPools() {
    world.pool("ssd", disks.directory("ssd"));
    world.start();
    var node = world.api().get(ResourceTypes.NODE, "", NodeWorld.NODE).document();
    assertThat(Json.view(node, Node.class).metadata().annotations())
        .containsEntry(NodeProvisioner.POOLS_OF_NODE, "default,ssd");
  }

  @Test
  void eachClassOfAPoolIsToldWithWhatIsFreeForEverybodyAndGoesWithItsClass() throws Exception {
    makeClass("loop", "{}");
    makeClass("elsewhere", "{'pool': 'fast'}");
    world.start();
    tells("loop");
    assertThat(told("loop")).isEqualTo(free()).isLessThan(240 * MIB);
    // Looking at a pool is not using it.
    var syscalls = NodeWorld.syscalls();
    try (var open = syscalls.open(pool, Set.of(OpenFlag.DIRECTORY), 0)) {
      assertThat(syscalls.xattr(open, VolumeGuard.ATTRIBUTE)).isEmpty();
    }
    assertThat(view(report("loop")).nodeTopology())
        .satisfies(
            topology ->
                assertThat(topology.matchLabels())
                    .containsExactly(Map.entry(Node.HOSTNAME_LABEL, NodeWorld.NODE)));
    assertThat(view(report("loop")).metadata().ownerReferences())
        .singleElement()
        .satisfies(owner -> assertThat(owner.uid()).isEqualTo(nodeUid()));

    makeClass("xfs", "{'csi.storage.k8s.io/fstype': 'xfs'}");
    tells("loop", "xfs");
    assertThat(told("xfs")).isEqualTo(told("loop"));
    world.api().delete(ResourceTypes.CLASS, "", "loop", DeleteOptions.DEFAULT);
    tells("xfs");
    // One that goes while the node is away.
    world.stop();
    world.api().delete(ResourceTypes.CLASS, "", "xfs", DeleteOptions.DEFAULT);
    world.start();
    tells();
  }

  @Test
  void whatIsLeftIsToldBeforeAVolumeIsSaidToBeMadeOrRemoved() throws Exception {
    makeClass("loop", "{}");
    world.start();
    tells("loop");
    var before = told("loop");
    volume("pv-1", 64 * MIB, "requested/7");
    var made = answered("pv-1", "made/7");
    assertThat(report("loop").revision()).isLessThan(made.revision());
    assertThat(told("loop")).isEqualTo(free()).isLessThanOrEqualTo(before - 64 * MIB);

    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.OBJECT,
        "{'metadata': {'annotations': {'%s': 'removal/9'}}}"
            .formatted(ProvisionProtocol.PROVISION));
    world.patch(
        ResourceTypes.VOLUME, "pv-1", Resources.STATUS, "{'status': {'phase': 'Released'}}");
    var removed = answered("pv-1", "removed/9");
    assertThat(report("loop").revision()).isLessThan(removed.revision());
    assertThat(told("loop")).isEqualTo(free()).isGreaterThanOrEqualTo(before - MIB);
  }

  @Test
  void whatOthersTakeOrGiveBackIsToldWhenItIsWorthIt() throws Exception {
    makeClass("loop", "{}");
    world.start();
    tells("loop");
    var revision = report("loop").revision();
    Files.write(pool.resolve("small"), new byte[(int) (MIB / 4)]);
    makeClass("second", "{}");
    tells("loop", "second");
    assertThat(report("loop").revision()).isEqualTo(revision);
    Files.write(pool.resolve("large"), new byte[(int) (32 * MIB)]);
    look("loop");
    eventually(() -> assertThat(told("loop")).isEqualTo(free()));
    Files.delete(pool.resolve("large"));
    // Also without that anything happens that the node is told of.
    eventually(() -> assertThat(told("loop")).isEqualTo(free()));
  }

  @Test
  void aPoolThatCannotBeUsedIsNotToldAndAnEventSaysWhy() throws Exception {
    makeClass("loop", "{}");
    world.start();
    tells("loop");
    volume("pv-1", MIB, "requested/7");
    answered("pv-1", "made/7");

    Files.createFile(hang());
    look("loop");
    tells();
    assertThat(world.messages("PoolUnusable"))
        .singleElement()
        .satisfies(why -> assertThat(why).contains("default", pool.toString(), "not answer"));
    Files.delete(hang());
    look("loop");
    tells("loop");

    // The bare directory is not taken for the pool.
    run("umount", pool.toString());
    look("loop");
    tells();
    assertThat(world.messages("PoolUnusable")).hasSize(2).last().asString().contains("not mounted");
    run("mount", disk.device().toString(), pool.toString());
    look("loop");
    tells("loop");
    assertThat(told("loop")).isEqualTo(free());
  }

  @Test
  void aNodeThatIsRegisteredAgainOwnsItsReports() {
    makeClass("loop", "{}");
    world.start();
    tells("loop");
    var first = nodeUid();
    world.api().delete(ResourceTypes.NODE, "", NodeWorld.NODE, DeleteOptions.DEFAULT);
    eventually(
        () ->
            assertThat(view(report("loop")).metadata().ownerReferences())
                .singleElement()
                .satisfies(
                    owner -> assertThat(owner.uid()).isEqualTo(nodeUid()).isNotEqualTo(first)));
  }
}
