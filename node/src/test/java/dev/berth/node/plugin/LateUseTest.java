package dev.berth.node.plugin;

import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.node.disk.BlankProof;
import dev.berth.node.disk.BlankVerdict;
import dev.berth.node.disk.DiskParts;
import dev.berth.node.disk.FormatAnyway;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import dev.berth.node.disk.ToldUse;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.node.ObjectNode;

/** The use of a volume is told late, and what was read before is not true any more. */
class LateUseTest {
  private static final long MIB = 1 << 20;
  private static final String UID = "aaaaaaaa-0000-4000-8000-00000000000a";
  private static final String OTHER = "bbbbbbbb-0000-4000-8000-00000000000b";

  @RegisterExtension final LoopDisks disks = new LoopDisks();

  private final ObjectNode volume = Json.object();
  private DiskParts parts;
  private LocalVolumes volumes;

  @BeforeEach
  void wire() throws IOException {
    volume.putObject("metadata").put("name", "pv").put("uid", UID).putObject("annotations");
    volume.putObject("spec");
    parts = DiskParts.in(disks.directory());
    var tools =
        new DiskTools(
            parts.devices(),
            parts.fileSystems(),
            parts.proof(),
            parts.preparation(),
            parts.journal(),
            parts.wipe());
    var mounts =
        new MountTools(
            parts.mounts(), parts.mounter(), parts.syscalls(), parts.guard(), parts.removal());
    var paths = new VolumePaths(disks.directory("root"));
    var objects = objects();
    volumes =
        new LocalVolumes(
            new LocalDisks(
                LocalVolumes.NAME,
                tools,
                mounts,
                objects,
                paths,
                InstantSource.system(),
                Alongside.onVirtualThread()),
            new LocalBlocks(tools, mounts, objects, paths, parts.loops(), parts.children()),
            new LocalDirectories(mounts.guard(), objects, paths, false),
            new LocalPlaces(parts.devices(), parts.mounts()),
            mounts,
            new PodFiles(parts.children()),
            paths);
  }

  /** One volume, whose UUID can be recorded; the other one of these tests has no owner. */
  private VolumeObjects objects() {
    InvocationHandler answer =
        (proxy, method, arguments) ->
            switch (method.getName()) {
              case "find" -> Optional.of(new VolumeObjects.Seen(seen(), "1"));
              case "findForUse" ->
                  arguments[1].equals(OTHER)
                      ? new VolumeObjects.Seen(seen(), "1")
                      : InvocationHandler.invokeDefault(proxy, method, arguments);
              case "classParameters" -> Map.of();
              case "ownersOf" -> List.of();
              case "recordFsUuid" -> true;
              case "tell" -> null;
              default -> throw new UnsupportedOperationException(method.getName());
            };
    return (VolumeObjects)
        Proxy.newProxyInstance(
            VolumeObjects.class.getClassLoader(), new Class<?>[] {VolumeObjects.class}, answer);
  }

  private PersistentVolume seen() {
    return Json.view(volume, PersistentVolume.class);
  }

  private ObjectNode annotations() {
    return volume.withObject("metadata").withObject("annotations");
  }

  private static VolumeSource.Local source(LoopDisk disk) {
    return new VolumeSource.Local("pv", UID, disk.device(), "ext4", 0, List.of(), false);
  }

  /** Stages it; what happens while its use is on its way. */
  private Attempt stage(LoopDisk disk, ToldUse meanwhile) throws Exception {
    return volumes.stage(source(disk), once(meanwhile));
  }

  /** Landed from the first time on, as a gate is. */
  private static ToldUse once(ToldUse first) {
    return new ToldUse() {
      private boolean landed;

      @Override
      public boolean await() throws IOException, InterruptedException {
        if (landed) {
          return false;
        }
        landed = true;
        return first.await();
      }
    };
  }

  private static void assertFailed(Attempt attempt, String... words) {
    assertThat(attempt)
        .isInstanceOfSatisfying(
            Attempt.Failed.class,
            failed -> assertThat(failed.problem().message()).contains(List.of(words)));
  }

  private void assertBlank(LoopDisk disk) throws Exception {
    assertThat(parts.proof().verify(parts.device(disk.device()), BlankProof.Demand.ofSize(0)))
        .isInstanceOf(BlankVerdict.Blank.class);
  }

  @Test
  void itIsStagedAfterAWait() throws Exception {
    assertThat(stage(disks.disk(64 * MIB), () -> true)).isEqualTo(Attempt.DONE);
  }

  @Test
  void aVolumeThatIsReleasedMeanwhileIsNotFormatted() throws Exception {
    var disk = disks.disk(64 * MIB);
    var attempt =
        stage(
            disk,
            () -> {
              annotations().put(WipeProtocol.WIPE, WipeProtocol.requested(1));
              return true;
            });

    assertFailed(attempt, "released");
    assertBlank(disk);
  }

  @Test
  void contentThatMayNotBeDestroyedAnyMoreIsKept() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkswap", disk.device().toString());
    var before = parts.fileSystems().probe(parts.device(disk.device()));
    annotations()
        .put(
            FormatAnyway.ANNOTATION, 64 * MIB + "_" + Files.getAttribute(disk.image(), "unix:ino"));
    var attempt =
        stage(
            disk,
            () -> {
              annotations().remove(FormatAnyway.ANNOTATION);
              return true;
            });

    assertFailed(attempt, "kubectl annotate");
    assertThat(parts.fileSystems().probe(parts.device(disk.device()))).isEqualTo(before);
  }

  @Test
  void aDiskThatIsGivenToAnotherVolumeAsItIsMeanwhileIsNotFormatted() throws Exception {
    var disk = disks.disk(64 * MIB);
    var raw = new VolumeSource.LocalBlock("pv-raw", OTHER, disk.device(), 0, false);
    var attempt =
        stage(
            disk,
            () -> {
              assertThat(volumes.stage(raw, ToldUse.LANDED)).isEqualTo(Attempt.DONE);
              return true;
            });

    assertFailed(attempt, "raw device of another volume");
    assertBlank(disk);
  }

  @Test
  void aDiskThatIsMountedByOthersMeanwhileIsRefused() throws Exception {
    var disk = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", "-U", UID, disk.device().toString());
    annotations().put(VolumeObjects.FS_UUID, UID);
    var attempt =
        stage(
            disk,
            () -> {
              disks.mount(disk, "ext4", "elsewhere");
              return true;
            });

    assertFailed(attempt, "in use", "elsewhere");
  }

  @Test
  void anotherDiskAtTheSamePathMeanwhileIsLookedAtFromTheBeginning() throws Exception {
    var disk = disks.disk(64 * MIB);
    var link = disks.directory().resolve("by-id");
    Files.createSymbolicLink(link, disk.device());
    var blank = disks.disk(64 * MIB);
    run("mkfs.ext4", "-q", "-U", UID, disk.device().toString());
    annotations().put(VolumeObjects.FS_UUID, UID);
    ToldUse swap =
        () -> {
          Files.delete(link);
          Files.createSymbolicLink(link, blank.device());
          return true;
        };
    var attempt =
        volumes.stage(
            new VolumeSource.Local("pv", UID, link, "ext4", 0, List.of(), false), once(swap));

    assertFailed(attempt, "carries no file system", blank.device().toString());
  }
}
