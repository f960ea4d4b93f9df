package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.core.registry.Resources;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.linux.SyscallException;
import dev.berth.node.linux.Syscalls;
import java.io.RandomAccessFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Pods on images in a pool; containers only in name. */
class LoopVolumePodTest extends LoopPodWorld {
  private static final int EIO = 5;

  @Test
  void aVolumeThatNamesTheImageOfAnotherIsRefusedAndNeverTouchesIt() throws Exception {
    world.start();
    loop("pv-1", 64 * MIB, pv -> {});
    loop(
        "pv-2",
        64 * MIB,
        pv -> pv.withObject("spec").withObject("csi").put("volumeHandle", "pv-1"));
    world.boundClaim("claim", "pv-1");
    world.boundClaim("other", "pv-2");
    // The younger one comes first, and waits for the older one all the same.
    world.pod("q", "other");
    waits("pv-2", image("pv-1").toString(), "belongs to volume pv-1");
    assertThat(image("pv-1")).doesNotExist();
    var pod = world.pod("p", "claim");
    runs("p");
    Files.writeString(mountOf(pod, "pv-1").resolve("file"), "data");
    assertThat(world.messages("FailedMountOnFilesystemMismatch"))
        .anySatisfy(message -> assertThat(message).contains("belongs to volume pv-1"));
    remove("q");
    world.patch(
        ResourceTypes.VOLUME, "pv-2", Resources.STATUS, "{'status': {'phase': 'Released'}}");
    world.api().delete(ResourceTypes.VOLUME, "", "pv-2", DeleteOptions.DEFAULT);
    isAttached("pv-1", true);
    assertThat(mountOf(pod, "pv-1").resolve("file")).hasContent("data");
    remove("p");
    world.pod("p", "claim");
    runs("p");
  }

  @Test
  void anImageIsMadeWithAllOfItsSpaceAndKeepsItsDataOverPodsRestartsAndReboots() throws Exception {
    world.start();
    loop("pv-1", 64 * MIB, pv -> {});
    world.boundClaim("claim", "pv-1");
    var pod = world.pod("p", "claim");
    runs("p");
    var file = Files.writeString(mountOf(pod, "pv-1").resolve("file"), "data");
    var allocated = LoopDisks.run("stat", "-c", "%b %B %s", image("pv-1").toString()).split(" ");
    assertThat(Long.parseLong(allocated[0]) * Long.parseLong(allocated[1]))
        .isGreaterThanOrEqualTo(64 * MIB);
    assertThat(allocated[2].strip()).isEqualTo(Long.toString(64 * MIB));
    assertThat(file).hasContent("data");
    assertThat(world.volumesInUse()).containsExactly("loop.berth.dev/pv-1");

    // Another process finds it as it is.
    world.restart();
    runs("p");
    assertThat(mountOf(pod, "pv-1").resolve("file")).hasContent("data");
    remove("p");
    isAttached("pv-1", false);

    // After a reboot the number of its device is another file's.
    world.stop();
    disks.disk(MIB);
    world.start();
    var second = world.pod("p", "claim");
    runs("p");
    assertThat(mountOf(second, "pv-1").resolve("file")).hasContent("data");
    remove("p");
    isAttached("pv-1", false);
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  @Test
  void anImageThatIsGoneIsNotMadeAgain() throws Exception {
    world.start();
    loop("pv-1", 64 * MIB, pv -> {});
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    runs("p");
    remove("p");
    isAttached("pv-1", false);
    var aside = pool.resolve("aside");
    Files.move(image("pv-1"), aside);
    world.pod("p", "claim");
    waits("pv-1", image("pv-1").toString(), "is gone", "not made again");
    assertThat(image("pv-1")).doesNotExist();

    Files.move(aside, image("pv-1"));
    runs("p");
  }

  @Test
  void aPoolWhoseDiskIsNotMountedIsNotTakenForIt() throws Exception {
    var disk = disks.disk(256 * MIB);
    LoopDisks.run("mkfs.ext4", "-q", disk.device().toString());
    LoopDisks.run("mount", disk.device().toString(), pool.toString());
    world.start();
    loop("pv-1", 32 * MIB, pv -> {});
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    runs("p");
    remove("p");
    isAttached("pv-1", false);

    LoopDisks.run("umount", pool.toString());
    loop("pv-2", 32 * MIB, pv -> {});
    world.boundClaim("claim-2", "pv-2");
    world.pod("q", "claim-2");
    waits("pv-2", pool.toString(), "its disk is not mounted");
    assertThat(pool).isEmptyDirectory();

    LoopDisks.run("mount", disk.device().toString(), pool.toString());
    runs("q");
    remove("q");
    isAttached("pv-2", false);
  }

  @Test
  void aFullPoolSaysSoAndKeepsNothingOfWhatItCouldNotMake() throws Exception {
    var disk = disks.disk(64 * MIB);
    LoopDisks.run("mkfs.ext4", "-q", "-m", "0", disk.device().toString());
    LoopDisks.run("mount", disk.device().toString(), pool.toString());
    world.start();
    loop("pv-1", 128 * MIB, pv -> {});
    world.boundClaim("claim", "pv-1");
    world.pod("p", "claim");
    waits("pv-1", pool + " has not the " + 128 * MIB + " bytes free that the image needs");
    assertThat(image("pv-1")).doesNotExist();
    assertThat(pool.resolve(".pv-1.new")).doesNotExist();
    world.deletePod("p");
    eventually(() -> assertThat(world.phase("p")).isEqualTo("gone"));
  }

  @Test
  void aPodGetsTheDeviceAsItIs() throws Exception {
    world.start();
    loop("pv-1", 16 * MIB, pv -> pv.withObject("spec").put("volumeMode", "Block"));
    world.boundClaim("claim", "pv-1");
    world.pod(
        "p",
        "claim",
        spec -> {
          var container = (ObjectNode) spec.at("/containers/0");
          container.remove("volumeMounts");
          container
              .putArray("volumeDevices")
              .addObject()
              .put("name", "data")
              .put("devicePath", "/x");
        });
    runs("p");
    var device = containers.started().getFirst().devices().getFirst().hostPath();
    Files.write(device, "raw".getBytes(US_ASCII));
    remove("p");
    isAttached("pv-1", false);
    try (var file = new RandomAccessFile(image("pv-1").toFile(), "r")) {
      var read = new byte[3];
      file.readFully(read);
      assertThat(new String(read, US_ASCII)).isEqualTo("raw");
    }
  }

  /** Its maker was killed when the image had its name, and the power fails soon afterwards. */
  @Test
  void anImageIsNotRememberedAsMadeBeforeItsNameIsSynced() throws Exception {
    var disk = disks.disk(256 * MIB);
    LoopDisks.run("mkfs.ext4", "-q", disk.device().toString());
    LoopDisks.run("mount", "-o", "commit=300", disk.device().toString(), pool.toString());
    world = world.on(withoutLoops(), NodeWorld.children());
    world.pool("default", pool);
    world.start();
    // The first use of the pool syncs it.
    loop("pv-1", 32 * MIB, pv -> {});
    world.boundClaim("claim-1", "pv-1");
    world.pod("p", "claim-1");
    waits("pv-1", "without loop devices");

    loop("pv-2", 32 * MIB, pv -> {});
    Files.move(image("pv-1"), image("pv-2"));
    world.boundClaim("claim-2", "pv-2");
    world.pod("q", "claim-2");
    waits("pv-2", "without loop devices");

    var cut = disks.directory().resolve("cut.img");
    LoopDisks.run("cp", "--sparse=always", disk.image().toString(), cut.toString());
    var after = disks.mount(disks.attach(cut), "ext4", "after");
    assertThat(after.resolve("pv-2.img")).hasSize(32 * MIB);
  }

  private static Syscalls withoutLoops() {
    return (Syscalls)
        Proxy.newProxyInstance(
            Syscalls.class.getClassLoader(),
            new Class<?>[] {Syscalls.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("configureLoop")) {
                throw new SyscallException("LOOP_CONFIGURE", "a host without loop devices", EIO);
              }
              try {
                return method.invoke(NodeWorld.syscalls(), arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
