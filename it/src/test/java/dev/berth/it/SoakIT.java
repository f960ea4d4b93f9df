package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.core.model.Json;
import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.Manifest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A server among users and accidents for half an hour ({@code -Dberth.soak.minutes}): pods that
 * write files, named by their checksums, on 20 disks come and go with their claims; the server is
 * killed and stopped, containers are killed, the host is switched off and finds its disks in
 * another order. No file that was seen once may be missing or wrong unless its claim was deleted,
 * and in the end nothing is left on the host. A seed decides what happens ({@code -Dberth.seed}).
 */
@Tag("long")
class SoakIT {
  private static final int DISKS = 20;
  private static final int MOST_CLAIMS = 14;
  private static final int STEPS_BETWEEN_LOOKS = 6;

  /** A container that died with the host again and again waits as long as one that crashes. */
  private static final Duration PATIENCE = Duration.ofMinutes(6);

  private static final String VOLUMES = "/api/v1/persistentvolumes";
  private static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
  private static final String PODS = "/api/v1/namespaces/default/pods";

  /** Writes files of all sizes for as long as it lives; a file has its name once it is whole. */
  private static final String WRITER =
      """
      i=0; new=/data/.new-$0
      while :; do
        if [ $(ls /data | wc -l) -lt 60 ]; then
          head -c $((i % 9 * 40000 + 17)) /dev/urandom > $new && sync $new &&
          mv $new /data/$(sha256sum < $new | cut -c 1-64)
        fi
        i=$((i + 1)); sleep 0.5
      done
      """;

  private final long seed = Long.getLong("berth.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Instant end =
      Instant.now().plus(Duration.ofMinutes(Integer.getInteger("berth.soak.minutes", 30)));
  private final BerthProcess server = BerthProcess.prepare();
  private final Cluster cluster = new Cluster(server);

  /** The pod that has each claim, empty for none. */
  private final TreeMap<String, String> claims = new TreeMap<>();

  private final Set<String> podUids = new HashSet<>();
  private final Set<String> goingClaims = new HashSet<>();
  private final Map<String, Integer> done = new TreeMap<>();
  private int number;
  private final SoakDisks disks;

  SoakIT(@TempDir Path dir) {
    disks = new SoakDisks(dir);
  }

  @AfterEach
  void stop() throws IOException {
    try {
      server.discard();
    } finally {
      disks.close();
    }
  }

  @Test
  void nothingIsLostAndNothingIsLeft() throws Exception {
    System.out.println("soak until " + end + " with -Dberth.seed=" + seed);
    server.launch();
    server.awaitReady();
    cluster.create("/apis/storage.k8s.io/v1/storageclasses", Manifest.delayedClass());
    for (var i = 0; i < DISKS; i++) {
      makeVolume("disk-" + i, i % 2 == 0 ? "Retain" : "Delete");
    }
    for (var step = 1; Instant.now().isBefore(end); step++) {
      happen();
      if (step % STEPS_BETWEEN_LOOKS == 0) {
        settle();
        look();
      }
    }
    settle();
    look();
    System.out.println("soaked: " + done);
    finish();
  }

  private void makeVolume(String name, String policy) throws IOException {
    var manifest = Manifest.localVolume(name, disks.make(name).toString(), "60Mi");
    cluster.create(VOLUMES, manifest.replace("Retain", policy));
  }

  private void happen() throws Exception {
    switch (random.nextInt(16)) {
      case 0, 1, 2, 3, 4 -> addClaim();
      case 5, 6 -> deletePod();
      case 7, 8 -> addPod();
      case 9, 10 -> deleteClaim();
      case 11 -> killContainer();
      case 12, 13 -> kill();
      case 14 -> restart();
      default -> reboot();
    }
    // The next thing may meet this one at any of its steps.
    Thread.sleep(random.nextInt(700));
  }

  private void note(String what) {
    done.merge(what, 1, Integer::sum);
  }

  private void addClaim() {
    if (claims.size() >= MOST_CLAIMS) {
      return;
    }
    note("claims");
    var name = "claim-" + ++number;
    cluster.create(CLAIMS, Manifest.claim(name, "60Mi"));
    claims.put(name, "");
    pod(name);
  }

  private void pod(String claim) {
    note("pods");
    var name = "pod-" + ++number;
    var command = "[\"sh\",\"-c\",\"%s\",\"%s\"]".formatted(WRITER.replace("\n", "\\n"), name);
    cluster.create(PODS, Manifest.pod(name, claim).replace("[\"sleep\",\"infinity\"]", command));
    claims.put(claim, name);
    podUids.add(Json.text(cluster.pod(name), "metadata", "uid"));
  }

  private String some(boolean withPod) {
    var candidates =
        claims.entrySet().stream()
            .filter(entry -> entry.getValue().isEmpty() != withPod)
            .map(Map.Entry::getKey)
            .toList();
    return candidates.isEmpty() ? "" : candidates.get(random.nextInt(candidates.size()));
  }

  private String podOf(String claim) {
    return Objects.requireNonNull(claims.get(claim), claim);
  }

  private void deletePod() {
    var claim = some(true);
    if (!claim.isEmpty()) {
      note("pods deleted");
      server.call("DELETE", PODS + "/" + podOf(claim), "", "");
      claims.put(claim, "");
    }
  }

  /** Also while the last pod of the claim is still ending. */
  private void addPod() {
    var claim = some(false);
    if (!claim.isEmpty()) {
      pod(claim);
    }
  }

  private void deleteClaim() {
    var claim = some(random.nextBoolean());
    if (!claim.isEmpty()) {
      note("claims deleted");
      var pod = podOf(claim);
      claims.remove(claim);
      forget(Json.text(cluster.claim(claim), "spec", "volumeName"));
      if (!pod.isEmpty()) {
        server.call("DELETE", PODS + "/" + pod, "", "");
      }
      server.call("DELETE", CLAIMS + "/" + claim, "", "");
      goingClaims.add(claim);
    }
  }

  /** What is on a volume whose claim is deleted is to be destroyed, unless it is retained. */
  private void forget(String volume) {
    if (!volume.isEmpty() && policy(cluster.volume(volume)).equals("Delete")) {
      disks.forget(volume);
    }
  }

  private static String policy(JsonNode volume) {
    return Json.text(volume, "spec", "persistentVolumeReclaimPolicy");
  }

  private void killContainer() {
    var claim = some(true);
    if (!claim.isEmpty() && cluster.phase(cluster.pod(podOf(claim))).equals("Running")) {
      note("containers killed");
      var uid = Json.text(cluster.pod(podOf(claim)), "metadata", "uid");
      for (var pid : processesOf(uid)) {
        Command.run("kill", "-9", pid);
      }
    }
  }

  private static List<String> processesOf(String podUid) {
    var script =
        "cat /sys/fs/cgroup/memory/berth/*/$0/*/cgroup.procs"
            + " /sys/fs/cgroup/berth/*/$0/*/cgroup.procs 2>/dev/null; true";
    return Command.run("sh", "-c", script, podUid).ok().lines().toList();
  }

  private void kill() throws InterruptedException {
    note("kills");
    server.kill();
    server.launch();
    if (random.nextInt(4) == 0) {
      // Also while it starts.
      Thread.sleep(random.nextInt(900));
      server.kill();
      server.launch();
    }
    server.awaitReady();
  }

  private void restart() {
    note("restarts");
    assertThat(server.stop()).isZero();
    server.launch();
    server.awaitReady();
  }

  /** Mounts, containers and control groups are gone, and the disks have other numbers. */
  private void reboot() throws IOException {
    note("reboots");
    server.powerOff();
    podUids.forEach(uid -> groups(uid).forEach(group -> Command.run("rmdir", group)));
    disks.renumber(random);
    server.launch();
    server.awaitReady();
  }

  /** The control groups of a pod, those below before those above. */
  private static List<String> groups(String podUid) {
    return Command.run(
            "find", "/sys/fs/cgroup", "-depth", "-path", "*/berth/*/" + podUid + "*", "-type", "d")
        .out()
        .lines()
        .toList();
  }

  private void soon(ThrowingRunnable check) {
    await("seed " + seed)
        .pollInterval(Duration.ofMillis(100))
        .atMost(PATIENCE)
        .untilAsserted(check);
  }

  /** Everything gets to where it should be, and the disks that are free are offered again. */
  private void settle() {
    var pods = new HashSet<>(claims.values());
    pods.remove("");
    soon(
        () -> {
          var phases = new TreeMap<String, String>();
          server
              .object(PODS)
              .path("items")
              .forEach(pod -> phases.put(Json.text(pod, "metadata", "name"), running(pod)));
          assertThat(phases.keySet()).as("pods; events:\n%s", told(pods)).isEqualTo(pods);
          assertThat(phases.values()).as("told:\n%s", told(pods)).allMatch("Running"::equals);
        });
    for (var claim : goingClaims) {
      soon(
          () -> assertThat(server.call("GET", CLAIMS + "/" + claim, "", "").code()).isEqualTo(404));
    }
    goingClaims.clear();
    soon(this::volumesAreTidy);
  }

  private static String running(JsonNode pod) {
    return pod.at("/status/containerStatuses/0/state").has("running")
        ? Json.text(pod, "status", "phase")
        : pod.at("/status").toString();
  }

  private String told(Set<String> pods) {
    return pods.stream()
        .filter(pod -> !cluster.phase(cluster.pod(pod)).equals("Running"))
        .map(pod -> pod + ": " + cluster.told("Pod", pod))
        .toList()
        .toString();
  }

  private void volumesAreTidy() {
    for (var volume : server.object(VOLUMES).path("items")) {
      var name = Json.text(volume, "metadata", "name");
      switch (Json.text(volume, "status", "phase")) {
        case "Bound", "Available" -> {}
        case "Released" -> {
          if (policy(volume).equals("Retain")) {
            server.berth("release", "pv/" + name, "--with-data").ok();
          }
          throw new AssertionError(name + " is Released: " + volume.at("/status"));
        }
        case String phase -> throw new AssertionError(name + " is " + phase);
      }
    }
  }

  /** Every file that was seen is there, and every file is what its name says. */
  private void look() {
    for (var claim : claims.entrySet()) {
      if (!claim.getValue().isEmpty()) {
        var volume = Json.text(cluster.claim(claim.getKey()), "spec", "volumeName");
        disks.look(volume, cluster.mountPoint(claim.getValue(), volume));
      }
    }
  }

  /** The pods go, the disks are looked at by hand, and then everything goes. */
  private void finish() throws IOException {
    for (var claim : claims.entrySet()) {
      if (!claim.getValue().isEmpty()) {
        server.call("DELETE", PODS + "/" + claim.getValue(), "", "");
      }
    }
    soon(() -> assertThat(server.object(PODS).path("items")).isEmpty());
    var plugins = server.dataDir().resolve("node/plugins");
    soon(() -> assertThat(Cluster.mountsBelow(plugins)).isEmpty());
    System.out.println("files that are whole in the end: " + disks.lookByHand());
    claims.keySet().forEach(claim -> cluster.remove(CLAIMS + "/" + claim));
    soon(this::volumesAreTidy);
    disks.names().forEach(name -> cluster.remove(VOLUMES + "/" + name));

    podUids.forEach(uid -> assertThat(groups(uid)).as("control groups").isEmpty());
    var root = server.dataDir().resolve("node");
    // What was wiped is remembered of a disk, whosever it was.
    soon(
        () ->
            assertThat(root.resolve("disk-journal"))
                .isDirectoryNotContaining(
                    record -> !String.valueOf(record.getFileName()).startsWith("wipe-")));
    assertThat(root.resolve("pods")).isEmptyDirectory();
    assertThat(Command.run("lsattr", "-R", "-a", root.toString()).ok().lines())
        .as("immutable directories")
        .noneMatch(line -> line.matches("-[^ ]*i[^ ]* .*"));
    // Fails when a process, a mount or a loop device is left.
    server.close();
  }
}
