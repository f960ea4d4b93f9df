package dev.berth.node;

import static dev.berth.node.NodeWorld.eventually;
import static dev.berth.node.NodeWorld.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.MountTable;
import dev.berth.node.linux.SystemChildProcesses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Pods with nfs volumes. The mount program is one that mounts a tmpfs in the name of the share, and
 * knows a server that never answers; unmounting is the system's own. Containers only in name.
 */
class NfsPodTest {
  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final FakeContainers containers = new FakeContainers();
  private Path tools;
  private NodeWorld world;

  @BeforeEach
  void makeWorld() throws IOException {
    tools = disks.directory("tools");
    program(
        "mount",
        """
        #!/bin/sh
        if [ "$2" != nfs ]; then exec /bin/mount "$@"; fi
        echo "$@" >> %s/asked
        case "$*" in *silent:*) exec sleep 1000;; esac
        case "$*" in *refusing:*) echo "mount.nfs: access denied by server" >&2; exit 32;; esac
        case "$*" in *modern:*) echo "mount: unknown filesystem type 'nfs'." >&2; exit 32;; esac
        options=rw
        if [ "$3" = -o ]; then options="$4"; shift 2; fi
        case "$options" in *ro*) flags=ro;; *) flags=rw;; esac
        exec /bin/mount -t tmpfs -o $flags -- "$4" "$5"
        """
            .formatted(tools));
    var path = new ArrayList<>(List.of(tools));
    path.addAll(SystemChildProcesses.Limits.DEFAULT.toolDirectories());
    world = new NodeWorld(disks, containers, NodeWorld.children(path));
    world.start();
  }

  @AfterEach
  void closeWorld() {
    world.close();
  }

  private void program(String name, String text) throws IOException {
    var file = Files.writeString(tools.resolve(name), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Pod pod(String name, String server, String mount) {
    world.create(
        ResourceTypes.POD,
        json(
            """
            {'metadata':{'name':'%s'},'spec':{'nodeName':'%s','terminationGracePeriodSeconds':1,
              'containers':[{'name':'main','image':'host',
               'volumeMounts':[{'name':'data','mountPath':'/data'%s}]}],
              'volumes':[{'name':'data','nfs':{'server':'%s','path':'/export'}}]}}"""
                .formatted(name, NodeWorld.NODE, mount, server)));
    return world.pod(name).orElseThrow();
  }

  /** A claim, and the volume that it has. */
  private void persistent(String accessMode, String... mountOptions) {
    world.volume(
        "pv-nfs",
        Path.of("/unused"),
        1 << 20,
        spec -> {
          spec.remove("local");
          spec.putObject("nfs").put("server", "server").put("path", "/export");
          spec.putArray("accessModes").add(accessMode);
          List.of(mountOptions).forEach(spec.withArray("mountOptions")::add);
        });
    world.boundClaim("claim", "pv-nfs");
  }

  private void runs(String pod) {
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("Running"));
  }

  private void removed(String pod) {
    world.deletePod(pod);
    eventually(() -> assertThat(world.phase(pod)).isEqualTo("gone"));
  }

  private void waits(String... why) {
    eventually(
        () ->
            assertThat(world.messages("FailedMount"))
                .anySatisfy(message -> assertThat(message).contains(why)));
  }

  @Test
  void aShareIsMountedForThePodAndFoundAgain() throws Exception {
    var pod = pod("p", "server", "");
    runs("p");
    var at =
        world
            .root()
            .resolve("pods/%s/volumes/kubernetes.io~nfs/data".formatted(pod.metadata().uid()));
    var mount = MountTable.reader().read().at(at).orElseThrow();
    assertThat(mount.source()).isEqualTo("server:/export");
    assertThat(containers.started().getFirst().mounts().getFirst().hostPath()).isEqualTo(at);

    world.restart();
    containers.exit(pod.metadata().uid(), "main", 1);
    eventually(() -> assertThat(containers.started()).hasSize(2));
    assertThat(Files.readAllLines(tools.resolve("asked"))).hasSize(1);

    removed("p");
    eventually(() -> assertThat(world.mounts()).isEmpty());
    assertThat(world.root().resolve("pods")).isEmptyDirectory();
  }

  @Test
  void aPersistentVolumesOptionsAreAppliedAndReadOnlyIsOne() throws Exception {
    persistent("ReadWriteMany", "nfsvers=4.1", "hard");
    world.pod(
        "p",
        "claim",
        spec ->
            ((tools.jackson.databind.node.ObjectNode) spec.at("/volumes/0/persistentVolumeClaim"))
                .put("readOnly", true));
    runs("p");
    assertThat(Files.readString(tools.resolve("asked")))
        .startsWith("-t nfs -o nfsvers=4.1,hard,ro -- server:/export /");
    assertThat(containers.started().getFirst().mounts().getFirst().readOnly()).isTrue();
    removed("p");
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  @Test
  void aVolumeForOnePodIsGivenToOnePodAtATime() {
    persistent("ReadWriteOncePod");
    world.pod("p", "claim");
    runs("p");
    world.restart();
    world.pod("q", "claim");
    waits("volume pv-nfs has the access mode ReadWriteOncePod and is in use by pod default/p");
    assertThat(containers.started()).hasSize(1);
    removed("p");
    runs("q");
    removed("q");
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  @Test
  void aServerThatNeverAnswersDelaysItsOwnPodOnly() {
    pod("p", "silent", "");
    waits("volume data", "silent:/export", "the server does not answer");
    pod("q", "server", "");
    runs("q");
    removed("q");
    removed("p");
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  @Test
  void aRefusalSaysWhatTheServerSaidAndWhatTheKernelLacks() throws Exception {
    pod("p", "refusing", "");
    waits("access denied by server");
    removed("p");
    pod("q", "modern", "");
    var known = Files.readString(Path.of("/proc/filesystems")).contains("nfs");
    waits(
        "unknown filesystem type 'nfs'",
        known ? "" : "this kernel has no NFS client (/proc/filesystems names no nfs)");
    removed("q");
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  @Test
  void aMountThatFailsNamesTheOptionsThatWereAskedFor() {
    // What the mount program here has against it is part of its name.
    persistent("ReadWriteMany", "nfsvers=9", "refusing:");
    world.pod("p", "claim");
    waits("mounted with nfsvers=9,refusing:, as spec.mountOptions of volume pv-nfs asks");
    removed("p");
    eventually(() -> assertThat(world.mounts()).isEmpty());
  }

  @Test
  void partsAreRefusedByName() {
    pod("p", "server", ",'subPath':'part'");
    waits("parts (subPath) of an nfs volume are not shown");
    removed("p");
  }
}
