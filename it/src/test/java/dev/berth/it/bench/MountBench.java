package dev.berth.it.bench;

import dev.berth.core.model.Json;
import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import dev.berth.it.harness.Manifest;
import dev.berth.it.harness.UnixConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * How long from the creation of a claim and its pod until the disk is formatted and mounted under
 * the pod, and until the pod is Running; beside it the same {@code mkfs} and {@code mount} typed by
 * hand on a disk of the same kind, alternating in one run.
 *
 * <p>Between the ends it tells when the pod was given to its node and when the disk was mounted for
 * the node, and after all what the server's own timers say of the rounds, their deletions included.
 *
 * <p>Arguments: rounds (default 40).
 */
public final class MountBench {
  private static final long DISK_BYTES = 1L << 30;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final BerthProcess server;
  private final Samples raw = new Samples("mkfs + mount by hand");
  private final Samples scheduled = new Samples("claim + pod to scheduled");
  private final Samples staged = new Samples("claim + pod to disk mounted");
  private final Samples mounted = new Samples("claim + pod to mounted");
  private final Samples running = new Samples("claim + pod to Running");

  private MountBench(BerthProcess server) {
    this.server = server;
  }

  public static void main(String[] arguments) throws Exception {
    var rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 40;
    try (var server = BerthProcess.start()) {
      var bench = new MountBench(server);
      bench.post("/apis/storage.k8s.io/v1/storageclasses", Manifest.delayedClass());
      // The first round pays for classes and code that are not loaded yet: seen once, not counted.
      bench.round(0, false);
      var before = Timings.of(server);
      for (var round = 1; round <= rounds; round++) {
        bench.round(round, true);
      }
      System.out.println(Machine.describe());
      System.out.println("1 GiB sparse files on loop devices, ext4, " + rounds + " rounds");
      System.out.println(Samples.HEADER);
      for (var samples :
          List.of(bench.raw, bench.scheduled, bench.staged, bench.mounted, bench.running)) {
        System.out.println(samples.row());
      }
      System.out.printf(
          "p50 over raw: mounted %+.1f ms, Running %+.1f ms%n",
          bench.mounted.percentile(50) - bench.raw.percentile(50),
          bench.running.percentile(50) - bench.raw.percentile(50));
      System.out.println(Timings.of(server).since(before, rounds));
    }
  }

  private void round(int round, boolean count) throws Exception {
    var byHand = byHand(round);
    var image = server.dir().resolve("disk-" + round);
    try (var disk = LoopDisk.make(image, DISK_BYTES)) {
      var name = "bench-" + round;
      post("/api/v1/persistentvolumes", Manifest.localVolume(name, disk.device(), "1Gi"));
      await("volume", () -> phase("/api/v1/persistentvolumes/" + name).equals("Available"));
      var times = new Times();
      var watch = CompletableFuture.runAsync(() -> watch(name, times));
      var since = System.nanoTime();
      post("/api/v1/namespaces/default/persistentvolumeclaims", Manifest.claim(name, "1Gi"));
      post("/api/v1/namespaces/default/pods", pod(name));
      await("mount of " + name, () -> Files.readString(MOUNTS).contains("/mounts/" + name + " "));
      var stagedAt = System.nanoTime();
      var mountPoint = "/volumes/kubernetes.io~local-volume/" + name + " ";
      await("mount of " + name, () -> Files.readString(MOUNTS).contains(mountPoint));
      var mountedAt = System.nanoTime();
      watch.join();
      if (count) {
        raw.add(byHand);
        scheduled.add(times.scheduled - since);
        staged.add(stagedAt - since);
        mounted.add(mountedAt - since);
        running.add(times.running - since);
      }
      remove(name);
    } finally {
      Files.deleteIfExists(image);
    }
  }

  private static final Path MOUNTS = Path.of("/proc/self/mounts");

  private long byHand(int round) throws IOException {
    var image = server.dir().resolve("raw-" + round);
    var directory = Files.createDirectory(server.dir().resolve("raw-mount-" + round));
    try (var disk = LoopDisk.make(image, DISK_BYTES)) {
      var since = System.nanoTime();
      Command.run("sh", "-c", mkfsAndMount(disk.device(), directory)).ok();
      var took = System.nanoTime() - since;
      Command.run("umount", directory.toString()).ok();
      return took;
    } finally {
      Files.delete(image);
      Files.delete(directory);
    }
  }

  private static String mkfsAndMount(String device, Path directory) {
    return "mkfs.ext4 -q -m 0 -F -E lazy_itable_init=0,lazy_journal_init=0,discard %s && mount %s %s"
        .formatted(device, device, directory);
  }

  /** When a watcher of the pod was told. */
  private static final class Times {
    volatile long scheduled;
    volatile long running;
  }

  private void watch(String pod, Times times) {
    var target = "/api/v1/namespaces/default/pods?watch=true&fieldSelector=metadata.name=" + pod;
    try (var connection = new UnixConnection(server.socket())) {
      connection.follow(
          target,
          line -> {
            var now = System.nanoTime();
            var object = Json.parseObject(line.getBytes(StandardCharsets.UTF_8)).path("object");
            if (times.scheduled == 0 && object.path("spec").has("nodeName")) {
              times.scheduled = now;
            }
            if (object.path("status").path("phase").asString("").equals("Running")) {
              times.running = now;
            }
            return times.running != 0;
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A pod that ends as soon as it is told to: the next round must not meet its end. */
  private static String pod(String name) {
    return Manifest.pod(name, name)
        .replace(
            "[\"sleep\",\"infinity\"]", "[\"sh\",\"-c\",\"trap exit TERM; sleep 600 & wait\"]");
  }

  private void remove(String name) {
    server.call("DELETE", "/api/v1/namespaces/default/pods/" + name, "", "");
    await("end of pod", () -> gone("/api/v1/namespaces/default/pods/" + name));
    server.call("DELETE", "/api/v1/namespaces/default/persistentvolumeclaims/" + name, "", "");
    await("end of claim", () -> gone("/api/v1/namespaces/default/persistentvolumeclaims/" + name));
    server.call("DELETE", "/api/v1/persistentvolumes/" + name, "", "");
    await("end of volume", () -> gone("/api/v1/persistentvolumes/" + name));
    await("end of mounts", () -> !Files.readString(MOUNTS).contains("/" + name + " "));
  }

  private void post(String target, String body) {
    var reply = server.call("POST", target, "application/json", body);
    if (reply.code() != 201) {
      throw new AssertionError("POST " + target + ": " + reply.code() + " " + reply.body());
    }
  }

  private boolean gone(String target) {
    return server.call("GET", target, "", "").code() == 404;
  }

  private String phase(String target) {
    var reply = server.call("GET", target, "", "");
    return reply.code() != 200
        ? ""
        : Json.parseObject(reply.body().getBytes(StandardCharsets.UTF_8))
            .path("status")
            .path("phase")
            .asString("");
  }

  private interface Check {
    boolean holds() throws IOException;
  }

  /** Looks every millisecond: the figures are late by that much at most. */
  private void await(String what, Check check) {
    var until = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (!check.holds()) {
        if (System.nanoTime() > until) {
          throw new AssertionError("no " + what + " within " + PATIENCE + "\n" + server.log());
        }
        LockSupport.parkNanos(1_000_000);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
