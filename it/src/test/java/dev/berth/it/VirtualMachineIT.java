package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.core.model.Json;
import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.VirtualMachine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import tools.jackson.databind.node.ObjectNode;

/**
 * The packaged server on a machine of its own, which has what the kernel here has not: a real NFS
 * server that dies, disks that are plugged in and pulled out, control groups of the second version,
 * and a power failure. One machine for all tests, in order.
 */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class VirtualMachineIT {
  private static final Duration SOON = Duration.ofMinutes(6);
  private static final long BYTES = 64L << 20;
  private static final String CURL = "curl -s --max-time 60 --unix-socket /run/berth.sock ";

  private VirtualMachine machine;

  @BeforeAll
  void boot() throws IOException {
    machine = new VirtualMachine(Path.of("target", "vm"));
    machine.addDisk("first", BYTES);
    machine.addDisk("second", BYTES);
    machine.start();
    machine.run("echo 'imageAliases: {nginx: host}' > /state/berth.yaml").ok();
    serve();
    apply(Cluster.LOCAL_STORAGE);
  }

  @AfterAll
  void end() throws IOException {
    if (machine != null) {
      machine.close();
    }
  }

  private void serve() {
    machine
        .run(
            ("JAVA_HOME=%s BERTH_JAVA_OPTIONS=-Dberth.warmUp= setsid %s/bin/berth server"
                    + " --config /state/berth.yaml --data-dir /state/data --socket /run/berth.sock"
                    + " --listen 127.0.0.1:6443 --node-name node-1"
                    + " > /run/berth.log 2>&1 < /dev/null &")
                .formatted(System.getProperty("java.home"), BerthProcess.distribution()))
        .ok();
    soon(() -> machine.run(CURL + "-f http://x/readyz").ok());
  }

  private static void soon(ThrowingRunnable check) {
    // An interrupt, by which a waiting thread of its own would be ended, closes the channel.
    await()
        .pollInSameThread()
        .pollInterval(Duration.ofSeconds(2))
        .atMost(SOON)
        .untilAsserted(check);
  }

  private void apply(String... manifests) {
    var text = String.join("---\n", manifests);
    var encoded = Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    kubectl(
        "apply -f - < /run/manifest", "echo %s | base64 -d > /run/manifest; ".formatted(encoded));
  }

  private String kubectl(String arguments, String before) {
    return machine
        .run(before + "kubectl --kubeconfig /state/data/admin.kubeconfig " + arguments)
        .ok();
  }

  private ObjectNode object(String path) {
    var said = machine.run(CURL + "http://x" + path).ok();
    return Json.parseObject(said.getBytes(StandardCharsets.UTF_8));
  }

  private ObjectNode pod(String name) {
    return object("/api/v1/namespaces/default/pods/" + name);
  }

  private void runs(String pod) {
    soon(
        () ->
            assertThat(pod(pod).at("/status/phase").asString(""))
                .as("%s%n%s", pod(pod), machine.run("tail -n 40 /run/berth.log").out())
                .isEqualTo("Running"));
  }

  private void delete(String kind, String name) {
    kubectl("delete %s/%s --wait=false".formatted(kind, name), "");
  }

  private void isGone(String pod) {
    soon(() -> assertThat(pod(pod).path("reason").asString("")).isEqualTo("NotFound"));
  }

  /** A pod that writes a file to its volume, safely, and stays. */
  private static String writer(String name, String claim) {
    return Cluster.pod(name, claim)
        .replace(
            "command: [sleep, infinity]",
            "command: [sh, -c, \"cd /usr/share/nginx/html; [ -e file ] || echo of-%s > file; sync"
                    .formatted(name)
                + " file; sleep infinity\"]");
  }

  private void onDisk(String name, String path) {
    apply(
        Cluster.localVolume(name, path, "64Mi", "Retain", "node-1"),
        Cluster.claim(name, "64Mi", "local-storage")
            .replace("spec:\n", "spec:\n  volumeName: " + name + "\n"),
        writer(name, name));
    runs(name);
  }

  private String contentOf(String pod, String volume) {
    return machine
        .run(
            "cat /state/data/node/pods/%s/volumes/kubernetes.io~local-volume/%s/file"
                .formatted(pod(pod).at("/metadata/uid").asString(), volume))
        .out()
        .strip();
  }

  @Test
  @Order(1)
  void aVolumeOfARealNfsServerServesAPod() {
    machine
        .run(
            """
            mkdir -p /state/export /run/rpc_pipefs /var/lib/nfs
            touch /etc/exports /var/lib/nfs/etab
            mount -t nfsd nfsd /proc/fs/nfsd
            echo 10 > /proc/fs/nfsd/nfsv4leasetime; echo 10 > /proc/fs/nfsd/nfsv4gracetime
            rpc.mountd -N 3 && exportfs -o rw,fsid=0,no_root_squash,insecure,no_subtree_check \
              127.0.0.1:/state/export && rpc.nfsd -N 3 2
            """)
        .ok();
    apply(
        """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: share}
        spec:
          capacity: {storage: 1Gi}
          accessModes: [ReadWriteMany]
          storageClassName: manual
          nfs: {server: 127.0.0.1, path: /}
        """,
        Cluster.claim("share", "1Gi", "manual").replace("ReadWriteOnce", "ReadWriteMany"),
        writer("reader", "share"));
    runs("reader");
    assertThat(
            object("/api/v1/namespaces/default/persistentvolumeclaims/share")
                .at("/spec/volumeName")
                .asString())
        .isEqualTo("share");
    soon(() -> assertThat(machine.run("cat /state/export/file").out()).contains("of-reader"));
    assertThat(machine.run("grep ' nfs4 ' /proc/mounts").ok()).contains("/state/data/node/pods/");
  }

  @Test
  @Order(2)
  void whenItsServerDiesOthersGoOnAndWhoWaitsForItSaysWhy() {
    machine.run("rpc.nfsd 0").ok();
    apply(writer("late", "share"));
    onDisk("first", "/dev/disk/by-id/virtio-first");
    soon(
        () ->
            assertThat(pod("late").at("/status/conditions").toString())
                .contains("volume data: mounting 127.0.0.1:/", "the server does not answer"));
    machine.run(CURL + "-f http://x/readyz").ok();
    assertThat(pod("first").at("/status/phase").asString("")).isEqualTo("Running");

    machine.run("rpc.nfsd -N 3 2").ok();
    runs("late");
    delete("pod", "late");
    delete("pod", "reader");
    isGone("late");
    isGone("reader");
    soon(() -> assertThat(machine.run("grep -c ' nfs4 ' /proc/mounts").out()).startsWith("0"));
  }

  @Test
  @Order(3)
  void aDiskIsPluggedInAndPulledOutUnderItsPod() throws IOException {
    machine.addDisk("hot", BYTES);
    soon(
        () -> {
          machine.run("disks");
          machine.run("test -b /dev/disk/by-id/virtio-hot").ok();
        });
    onDisk("hot", "/dev/disk/by-id/virtio-hot");
    assertThat(contentOf("hot", "hot")).isEqualTo("of-hot");

    machine.pullDisk("hot");
    soon(
        () ->
            assertThat(object("/api/v1/persistentvolumes/hot").at("/status/conditions").toString())
                .contains("DiskHealthy", "\"False\""));
    assertThat(pod("first").at("/status/phase").asString("")).isEqualTo("Running");
    delete("pod", "hot");
    isGone("hot");
    assertThat(machine.run("grep /hot /proc/mounts").out()).isEmpty();
  }

  @Test
  @Order(4)
  void limitsAreKeptByControlGroups() {
    apply(
        Cluster.pod("small", "first")
            .replace(
                "command: [sleep, infinity]",
                "command: [sleep, infinity]\n    resources: {limits: {memory: 64Mi}}"));
    runs("small");
    var uid = pod("small").at("/metadata/uid").asString();
    assertThat(
            machine
                .run(
                    "for g in /proc/[0-9]*/cgroup; do grep -qs %s $g && cat".formatted(uid)
                        + " /sys/fs/cgroup$(cut -d: -f3 $g)/memory.max && break; done")
                .ok())
        .contains("67108864");
    delete("pod", "small");
    isGone("small");
    assertThat(machine.run("find /sys/fs/cgroup -name '*%s*'".formatted(uid)).ok()).isEmpty();
  }

  @Test
  @Order(5)
  void afterAPowerFailurePodsAreBackOnTheirDataAndNoDiskIsTakenForAnother() throws IOException {
    var byName = machine.run("readlink -f /dev/disk/by-id/virtio-second").ok().strip();
    onDisk("second", byName);
    assertThat(contentOf("first", "first")).isEqualTo("of-first");
    assertThat(contentOf("second", "second")).isEqualTo("of-second");

    machine.cutPower();
    machine.addDisk("decoy", BYTES);
    machine.moveToFront("decoy");
    machine.start();
    assertThat(machine.run("readlink -f /dev/disk/by-id/virtio-second").ok().strip())
        .as("the disks have other names now")
        .isNotEqualTo(byName);
    serve();
    soon(
        () ->
            assertThat(machine.run("pgrep -f 'sleep infinity' | wc -l").out().strip())
                .isNotEqualTo("0"));
    runs("first");
    soon(() -> assertThat(contentOf("first", "first")).isEqualTo("of-first"));
    soon(
        () ->
            assertThat(machine.run(CURL + "http://x/api/v1/events").ok())
                .contains("FailedMountOnFilesystemMismatch"));
    assertThat(contentOf("second", "second")).isNotEqualTo("of-second");
    assertThat(machine.run("blkid -p /dev/disk/by-id/virtio-decoy").code())
        .as("nothing is on the disk that came in between")
        .isEqualTo(2);

    // Its own disk still has its data.
    assertThat(machine.run("blkid -p -s UUID -o value /dev/disk/by-id/virtio-second").ok().strip())
        .isEqualTo(object("/api/v1/persistentvolumes/second").at("/metadata/uid").asString());
  }
}
