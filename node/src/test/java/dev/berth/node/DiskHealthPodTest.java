package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.binding.Cordon;
import dev.berth.core.model.Condition;
import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.ResourceTypes;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import dev.berth.node.linux.SystemChildProcesses;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Disks that fail, or are replaced, under running pods: real loop disks and file systems. */
class DiskHealthPodTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private NodeWorld world;
  private NodeAgent node;

  @BeforeEach
  void start() {
    world = new NodeWorld(disks, containers);
    node = world.start();
  }

  @AfterEach
  void stop() {
    world.close();
  }

  private LoopDisk volume(String name, long bytes, String fsType, String... mountOptions) {
    var disk = disks.disk(bytes);
    world.volume(
        name,
        disk.device(),
        bytes,
        spec -> {
          spec.withObject("local").put("fsType", fsType);
          for (var option : mountOptions) {
            spec.withArray("mountOptions").add(option);
          }
        });
    return disk;
  }

  private void runs(String pod) {
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("Running"));
  }

  private void remove(String pod) {
    world.deletePod(pod);
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("gone"));
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  private Optional<Condition> ofVolume(String name) throws Exception {
    node.storage().disks();
    return Cordon.ofDisk(world.volume(name));
  }

  private Optional<Condition> ofClaim(String name) {
    var stored = world.api().get(ResourceTypes.CLAIM, NodeWorld.NAMESPACE, name);
    return Json.view(stored.document(), PersistentVolumeClaim.class).status().conditions().stream()
        .filter(condition -> condition.type().equals(Cordon.DISK_HEALTHY))
        .findFirst();
  }

  private Condition ofNode() {
    var stored = world.api().get(ResourceTypes.NODE, "", NodeWorld.NODE);
    return Json.view(stored.document(), Node.class).status().conditions().stream()
        .filter(condition -> condition.type().equals("DisksHealthy"))
        .findFirst()
        .orElseThrow();
  }

  private List<String> eventsOn(String kind, String reason) {
    return world.events().stream()
        .filter(told -> told.about().kind().equals(kind) && told.reason().equals(reason))
        .map(NodeWorld.Told::message)
        .toList();
  }

  private static void damage(LoopDisk disk) throws Exception {
    Files.writeString(
        Path.of("/sys/fs/ext4", disk.kernelName(), "trigger_fs_error"), "an error for a test");
  }

  @Test
  void aDamagedFileSystemIsToldOnVolumeClaimAndNodeUntilItWasCheckedAndIsMountedAgain()
      throws Exception {
    var disk = volume("pv-1", 64 * MIB, "ext4");
    volume("pv-2", 64 * MIB, "ext4");
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    runs("p");
    assertThat(ofVolume("pv-1")).isEmpty();
    assertThat(ofNode().isTrue()).isTrue();

    damage(disk);
    var condition = ofVolume("pv-1").orElseThrow();
    assertThat(condition.status()).isEqualTo("False");
    assertThat(condition.reason()).isEqualTo("FileSystemErrors");
    assertThat(condition.message()).contains("1 errors", "trigger_test_error");
    assertThat(condition.lastTransitionTime()).isNotNull();
    assertThat(Cordon.why(world.volume("pv-1")))
        .hasValueSatisfying(why -> assertThat(why).contains("failing"));
    assertThat(ofClaim("claim").orElseThrow().status()).isEqualTo("False");
    eventually(() -> assertThat(ofNode().status()).isEqualTo("False"));
    assertThat(ofNode().message()).contains("volume pv-1");
    for (var kind : List.of("PersistentVolume", "PersistentVolumeClaim", "Node")) {
      assertThat(eventsOn(kind, "DiskFailing")).as(kind).hasSize(1);
    }
    assertThat(ofVolume("pv-2")).isEmpty();

    // Said once, however often it is seen.
    node.storage().disks();
    assertThat(eventsOn("PersistentVolume", "DiskFailing")).hasSize(1);
    var report =
        node.storage().disks().stream()
            .filter(found -> found.device().equals(disk.device().toString()))
            .findFirst()
            .orElseThrow();
    assertThat(report.health()).contains("damaged");
    assertThat(report.cordon()).contains("failing");

    // Nothing shows of a file system that is not mounted: that is no recovery.
    remove("p");
    assertThat(ofVolume("pv-1").orElseThrow().status()).isEqualTo("False");

    world.pod("q", "claim");
    runs("q");
    assertThat(ofVolume("pv-1").orElseThrow().isTrue()).isTrue();
    assertThat(ofClaim("claim").orElseThrow().isTrue()).isTrue();
    assertThat(Cordon.why(world.volume("pv-1"))).isEmpty();
    eventually(() -> assertThat(ofNode().isTrue()).isTrue());
    assertThat(eventsOn("PersistentVolume", "DiskRecovered")).hasSize(1);
  }

  @Test
  void aFileSystemThatTheKernelMakesReadOnlyIsTold() throws Exception {
    var disk = volume("pv-1", 64 * MIB, "ext4", "errors=remount-ro");
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    runs("p");
    damage(disk);
    // The kernel does not announce it: a look may come a moment too early.
    eventually(
        () -> assertThat(ofVolume("pv-1").orElseThrow().reason()).isEqualTo("FileSystemReadOnly"));
    assertThat(ofVolume("pv-1").orElseThrow().status()).isEqualTo("False");
  }

  @Test
  void aFileSystemThatWasShutDownIsTold() throws Exception {
    volume("pv-1", 512 * MIB, "xfs");
    world.boundClaim("claim", "pv-1");
    var pod = world.pod("p", "claim");
    runs("p");
    assertThat(ofVolume("pv-1")).isEmpty();
    run("xfs_io", "-x", "-c", "shutdown", world.mountOf(pod, "pv-1").toString());
    var condition = ofVolume("pv-1").orElseThrow();
    assertThat(condition.status()).isEqualTo("False");
    assertThat(condition.reason()).isEqualTo("FileSystemShutDown");
    assertThat(condition.message()).contains("Input/output error");
  }

  @Test
  void aDiskThatCannotBeReadIsNotTakenForAnother() throws Exception {
    var disk = volume("pv-1", 512 * MIB, "xfs");
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    runs("p");
    assertThat(ofVolume("pv-1")).isEmpty();
    run("truncate", "--size", "0", disk.image().toString());
    run("blockdev", "--flushbufs", disk.device().toString());
    var condition = ofVolume("pv-1").orElseThrow();
    assertThat(condition.reason()).isEqualTo("DiskNotAnswering");
    assertThat(condition.message()).contains(disk.device() + " cannot be read: Input/output error");
  }

  @Test
  void anotherFileSystemOnTheDiskOfARunningPodIsNoticedAndBlocksItsContainers() throws Exception {
    var disk = volume("pv-1", 64 * MIB, "ext4");
    world.boundClaim("claim", "pv-1");
    var pod = world.pod("p", "claim");
    runs("p");
    assertThat(ofVolume("pv-1")).isEmpty();
    var own = world.volume("pv-1").metadata().uid();
    var other = "11111111-2222-3333-4444-555555555555";
    run("tune2fs", "-O", "metadata_csum_seed", disk.device().toString());
    run("tune2fs", "-U", other, disk.device().toString());

    var condition = ofVolume("pv-1").orElseThrow();
    assertThat(condition.reason()).isEqualTo("DiskIdentityMismatch");
    assertThat(condition.message()).contains(own, other);
    // For a moment after its mount a disk counts as examined.
    eventually(
        () -> {
          node.storage().disks();
          assertThat(eventsOn("PersistentVolume", "FailedMountOnFilesystemMismatch"))
              .anySatisfy(message -> assertThat(message).contains(own, other));
        });
    containers.exit(pod.metadata().uid(), "main", 1);
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "FailedMountOnFilesystemMismatch"))
                .anySatisfy(message -> assertThat(message).contains(own, other)));
    assertThat(containers.started()).hasSize(1);

    run("tune2fs", "-U", own, disk.device().toString());
    assertThat(ofVolume("pv-1").orElseThrow().isTrue()).isTrue();
    eventually(() -> assertThat(containers.started()).hasSize(2));
  }

  @Test
  void anotherFileSystemThatCameWhileNobodyLookedBlocksContainersAfterTheRestart()
      throws Exception {
    var disk = volume("pv-1", 64 * MIB, "ext4");
    var sound = volume("pv-2", 64 * MIB, "ext4");
    world.boundClaim("claim", "pv-1");
    world.boundClaim("sound", "pv-2");
    var pod = world.pod("p", "claim");
    var other = world.pod("q", "sound");
    runs("p");
    runs("q");
    var own = world.volume("pv-1").metadata().uid();
    var foreign = "11111111-2222-3333-4444-555555555555";
    world.stop();
    run("tune2fs", "-O", "metadata_csum_seed", disk.device().toString());
    run("tune2fs", "-U", foreign, disk.device().toString());
    node = world.start();

    containers.exit(pod.metadata().uid(), "main", 1);
    containers.exit(other.metadata().uid(), "main", 1);
    eventually(
        () ->
            assertThat(world.messages("FailedMountOnFilesystemMismatch"))
                .anySatisfy(message -> assertThat(message).contains(own, foreign)));
    eventually(() -> assertThat(containers.started()).hasSize(3));

    run("tune2fs", "-U", own, disk.device().toString());
    eventually(() -> assertThat(containers.started()).hasSize(4));
    assertThat(world.messages("FailedMountOnFilesystemMismatch"))
        .noneSatisfy(message -> assertThat(message).contains(sound.device().toString()));
  }

  @Test
  void aPathThatLeadsToAnotherDiskIsNoticed() throws Exception {
    var disk = disks.disk(64 * MIB);
    var link = disks.directory("links").resolve("disk");
    Files.createSymbolicLink(link, disk.device());
    world.volume("pv-1", link, 64 * MIB);
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    runs("p");
    assertThat(ofVolume("pv-1")).isEmpty();
    Files.delete(link);
    assertThat(ofVolume("pv-1").orElseThrow().reason()).isEqualTo("DiskMissing");
    var other = disks.disk(64 * MIB);
    Files.createSymbolicLink(link, other.device());
    var condition = ofVolume("pv-1").orElseThrow();
    assertThat(condition.reason()).isEqualTo("DiskIdentityMismatch");
    assertThat(condition.message()).contains(other.device().toString());
    Files.delete(link);
    Files.createSymbolicLink(link, disk.device());
    assertThat(ofVolume("pv-1").orElseThrow().isTrue()).isTrue();
  }

  @Test
  void aFileSystemThatDoesNotAnswerIsToldAndHidesNoOther() throws Exception {
    world.close();
    var tools = disks.directory("tools");
    var hang = disks.directory().resolve("hang");
    var stat = tools.resolve("stat");
    Files.writeString(
        stat,
        """
        #!/bin/sh
        case "$*" in *mounts/pv-1*) [ ! -e %s ] || exec sleep 1000;; esac
        exec /usr/bin/stat "$@"
        """
            .formatted(hang));
    assertThat(stat.toFile().setExecutable(true)).isTrue();
    var directories = new ArrayList<>(List.of(tools));
    directories.addAll(SystemChildProcesses.Limits.DEFAULT.toolDirectories());
    world = world.on(NodeWorld.syscalls(), NodeWorld.children(directories));
    node = world.start();
    for (var name : List.of("pv-1", "pv-2")) {
      volume(name, 512 * MIB, "xfs");
      world.boundClaim("claim-of-" + name, name);
      world.pod("pod-of-" + name, "claim-of-" + name);
      runs("pod-of-" + name);
    }
    assertThat(ofVolume("pv-1")).isEmpty();
    Files.createFile(hang);
    assertThat(ofVolume("pv-1").orElseThrow().reason()).isEqualTo("DiskNotAnswering");
    assertThat(ofVolume("pv-2")).isEmpty();
    Files.delete(hang);
    assertThat(ofVolume("pv-1").orElseThrow().isTrue()).isTrue();
  }
}
