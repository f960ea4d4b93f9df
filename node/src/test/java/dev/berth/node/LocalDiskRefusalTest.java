package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Resources;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Pods that do not get the local disk of their volume as it is, and why: real loop disks, real file
 * systems; containers only in name.
 */
class LocalDiskRefusalTest extends LocalDiskPods {
  @Test
  void aMountOptionThatTheFileSystemDoesNotKnowIsNamedAndCanBeCorrected() {
    world.start();
    world.volume(
        "pv-1",
        disks.disk(64 * MIB).device(),
        64 * MIB,
        spec -> spec.putArray("mountOptions").add("noatime").add("swift"));
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    waits("p", "mounted with noatime,swift, as spec.mountOptions of volume pv-1 asks");
    remove("p");
    world.patch(
        ResourceTypes.VOLUME, "pv-1", Resources.OBJECT, "{'spec':{'mountOptions':['noatime']}}");
    world.pod("p", "claim");
    runs("p");
  }

  @Test
  void aDiskThatCarriesAnythingElseIsRefusedByNameAndNotTouched() throws Exception {
    world.start();
    var disk = disks.disk(320 * MIB);
    LoopDisks.run("mkfs.xfs", "-q", disk.device().toString());
    var before = LoopDisks.run("sha256sum", disk.image().toString());
    pod(disk.device(), 64 * MIB);

    waits("p", "pv-1", disk.device().toString(), "xfs", "expected ext4");
    assertThat(world.events())
        .anySatisfy(
            event -> {
              assertThat(event.reason()).isEqualTo("FailedMountOnFilesystemMismatch");
              assertThat(event.about().kind()).isEqualTo("PersistentVolume");
            });
    assertThat(LoopDisks.run("sha256sum", disk.image().toString())).isEqualTo(before);

    // Once its content is erased by hand the volume heals by itself.
    LoopDisks.run("wipefs", "--all", "--quiet", disk.device().toString());
    LoopDisks.run("blkdiscard", "--zeroout", disk.device().toString());
    runs("p");
  }

  @Test
  void aRefusedDiskIsFormattedOnTheWordThatItsEventNames() throws Exception {
    world.start();
    var disk = disks.disk(64 * MIB);
    LoopDisks.run("mkfs.ext2", "-q", disk.device().toString());
    pod(disk.device(), 32 * MIB);
    var word = "berth.dev/format-anyway";
    var name = 64 * MIB + "_" + Files.getAttribute(disk.image(), "unix:ino");
    waits("p", "kubectl annotate pv pv-1 " + word + "=" + name);

    say(word, "64");
    waits("p", "=64 does not name this disk", "--overwrite pv pv-1 " + word + "=" + name);
    say(word, name);
    runs("p");
    assertThat(fsUuid("pv-1")).isEqualTo(world.volume("pv-1").metadata().uid());
    assertThat(world.volume("pv-1").metadata().annotations()).doesNotContainKey(word);
  }

  private void say(String annotation, String value) {
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.OBJECT,
        "{'metadata': {'annotations': {'%s': '%s'}}}".formatted(annotation, value));
  }

  @Test
  void aFileSystemOfTheRightKindThatBelongsToNobodyIsAdopted() throws Exception {
    world.start();
    var disk = disks.disk(64 * MIB);
    var uuid = "11111111-2222-4333-8444-555555555555";
    LoopDisks.run("mkfs.ext4", "-q", "-U", uuid, disk.device().toString());
    var mounted = disks.mount(disk, "ext4", "by-hand");
    Files.writeString(mounted.resolve("file"), "from before");
    LoopDisks.run("umount", mounted.toString());
    var pod = pod(disk.device(), 32 * MIB);

    runs("p");
    assertThat(fsUuid("pv-1")).isEqualTo(uuid);
    assertThat(world.mountOf(pod, "pv-1").resolve("file")).hasContent("from before");
    assertThat(world.messages("Adopted"))
        .singleElement()
        .satisfies(message -> assertThat(message).contains(uuid, "was not formatted"));

    // A second volume on the same disk does not get it.
    world.volume("pv-2", disk.device(), 32 * MIB);
    world.boundClaim("claim-2", "pv-2");
    world.pod("q", "claim-2");
    eventually(
        () ->
            assertThat(world.messages("FailedMount", "FailedMountOnFilesystemMismatch"))
                .anySatisfy(message -> assertThat(message).contains("pv-2")));
    assertThat(world.phase("q")).isEqualTo("Pending");
  }

  @Test
  void aMissingDiskIsNamedAndItsPodStartsWhenItAppears() throws Exception {
    world.start();
    var link = disks.directory().resolve("by-id-disk");
    pod(link, 64 * MIB);
    waits("p", "pv-1", link.toString());

    Files.createSymbolicLink(link, disks.disk(64 * MIB).device());
    runs("p");
  }

  @Test
  void aDiskThatIsMountedElsewhereIsRefused() throws Exception {
    world.start();
    var disk = disks.disk(64 * MIB);
    LoopDisks.run("mkfs.ext4", "-q", disk.device().toString());
    var elsewhere = disks.mount(disk, "ext4", "elsewhere");
    pod(disk.device(), 32 * MIB);

    waits("p", "pv-1", "mounted at " + elsewhere);
    LoopDisks.run("umount", elsewhere.toString());
    runs("p");
  }

  @Test
  void aDiskThatIsTooSmallIsRefused() {
    world.start();
    var disk = disks.disk(32 * MIB);
    pod(disk.device(), 64 * MIB);
    waits("p", "pv-1", Long.toString(32 * MIB), Long.toString(64 * MIB));
    assertThat(fsUuid("pv-1")).isEmpty();
  }

  @Test
  void aDiskThatCannotBeReadIsNotBlank() throws Exception {
    world.start();
    var disk = disks.disk(64 * MIB);
    try (var image = new RandomAccessFile(disk.image().toFile(), "rw")) {
      image.setLength(1 * MIB);
    }
    pod(disk.device(), 64 * MIB);
    waits("p", "pv-1", disk.device().toString());
    assertThat(fsUuid("pv-1")).isEmpty();
  }

  @Test
  void aMissingToolIsNamedWithItsPackage() throws Exception {
    var tools = disks.directory("tools");
    for (var directory : List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin")) {
      try (var programs = Files.list(Path.of(directory))) {
        for (var program : programs.toList()) {
          var link = tools.resolve(program.getFileName().toString());
          if (!link.getFileName().toString().startsWith("mkfs") && !Files.exists(link)) {
            Files.createSymbolicLink(link, program);
          }
        }
      }
    }
    world = new NodeWorld(disks, containers, NodeWorld.children(List.of(tools)));
    world.start();
    var disk = disks.disk(64 * MIB);
    pod(disk.device(), 64 * MIB);

    waits("p", "mkfs.ext4", "e2fsprogs");
    Files.createSymbolicLink(tools.resolve("mkfs.ext4"), Path.of("/sbin/mkfs.ext4"));
    runs("p");
  }

  @Test
  void aSwappedDiskIsRefusedWithBothIdentitiesAlsoForTheNextContainer() throws Exception {
    world.start();
    var link = disks.directory().resolve("by-id-disk");
    var own = disks.disk(64 * MIB);
    var other = disks.disk(64 * MIB);
    LoopDisks.run("mkfs.ext4", "-q", other.device().toString());
    Files.createSymbolicLink(link, own.device());
    var pod = pod(link, 64 * MIB);
    var volume = world.volume("pv-1");
    runs("p");

    // The running container is left alone; another one is not started on what may be wrong.
    point(link, other);
    containers.exit(pod.metadata().uid(), "main", 1);
    eventually(
        () ->
            assertThat(world.messages("FailedMountOnFilesystemMismatch"))
                .anySatisfy(
                    message ->
                        assertThat(message)
                            .contains("pv-1", volume.metadata().uid(), other.device().toString())));
    assertThat(containers.started()).hasSize(1);

    point(link, own);
    eventually(() -> assertThat(containers.started()).hasSize(2));

    remove("p");
    point(link, other);
    world.pod("q", "claim");
    eventually(
        () ->
            assertThat(world.messages("FailedMountOnFilesystemMismatch"))
                .anySatisfy(
                    message ->
                        assertThat(message)
                            .contains("pv-1", "ext4 with UUID", volume.metadata().uid())));
    assertThat(world.phase("q")).isEqualTo("Pending");
    point(link, own);
    runs("q");
  }

  private static void point(Path link, LoopDisk disk) throws IOException {
    Files.delete(link);
    Files.createSymbolicLink(link, disk.device());
  }

  @Test
  void aVolumeOfAnotherClaimIsNotMounted() {
    world.start();
    var disk = disks.disk(64 * MIB);
    world.volume("pv-1", disk.device(), 64 * MIB);
    world.boundClaim("claim", "pv-1");
    world.patch(
        ResourceTypes.VOLUME,
        "pv-1",
        Resources.OBJECT,
        "{'spec': {'claimRef': {'uid': 'somebody-else'}}}");
    world.pod("p", "claim");
    eventually(
        () ->
            assertThat(world.pod("p").orElseThrow().status().conditions())
                .anySatisfy(c -> assertThat(c.message()).contains("belongs to", "somebody-else")));
    assertThat(world.mounts()).isEmpty();
  }

  @Test
  void aFileSystemThatWasMadeForAnotherVolumeIsNotAdopted() throws Exception {
    world.start();
    var disk = disks.disk(64 * MIB);
    var other = world.volume("pv-other", disks.disk(64 * MIB).device(), 32 * MIB);
    LoopDisks.run("mkfs.ext4", "-q", "-U", other.metadata().uid(), disk.device().toString());
    var before = LoopDisks.run("sha256sum", disk.image().toString());
    pod(disk.device(), 32 * MIB);

    // The other volume has recorded no UUID yet: its uid alone says whose file system this is.
    assertThat(fsUuid("pv-other")).isEmpty();
    waits("p", "pv-1", "pv-other", other.metadata().uid());
    assertThat(LoopDisks.run("sha256sum", disk.image().toString())).isEqualTo(before);
  }
}
