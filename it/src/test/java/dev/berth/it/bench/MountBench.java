package dev.berth.it.bench;

import dev.berth.core.model.Json;
import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import dev.berth.it.harness.Manifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * How long from the creation of a claim and its pod until the disk is formatted and mounted under
 * the pod, and until the pod is Running; beside it the same {@code mkfs} and {@code mount} typed by
 * hand on a disk of the same kind, alternating in one run.
 *
 * <p>Arguments: rounds (default 40).
 */
public final class MountBench {
  private static final long DISK_BYTES = 1L << 30;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final BerthProcess server;
  private final Samples raw = new Samples("mkfs + mount by hand");
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
      for (var round = 1; round <= rounds; round++) {
        bench.round(round, true);
      }
      System.out.println(Machine.describe());
      System.out.println("1 GiB sparse files on loop devices, ext4, " + rounds + " rounds");
      System.out.println(Samples.HEADER);
      for (var samples : new Samples[] {bench.raw, bench.mounted, bench.running}) {
        System.out.println(samples.row());
      }
      System.out.printf(
          "p50 over raw: mounted %+.1f ms, Running %+.1f ms%n",
          bench.mounted.percentile(50) - bench.raw.percentile(50),
          bench.running.percentile(50) - bench.raw.percentile(50));
    }
  }

  private void round(int round, boolean count) throws Exception {
    var byHand = byHand(round);
    var image = server.dir().resolve("disk-" + round);
    try (var disk = LoopDisk.make(image, DISK_BYTES)) {
      var name = "bench-" + round;
      post("/api/v1/persistentvolumes", Manifest.localVolume(name, disk.device(), "1Gi"));
      await("volume", () -> phase("/api/v1/persistentvolumes/" + name).equals("Available"));
      var since = System.nanoTime();
      var runningAt = CompletableFuture.supplyAsync(() -> whenRunning(name));
      post("/api/v1/namespaces/default/persistentvolumeclaims", Manifest.claim(name, "1Gi"));
      post("/api/v1/namespaces/default/pods", Manifest.pod(name, name));
      var mountPoint = "/volumes/kubernetes.io~local-volume/" + name + " ";
      await("mount of " + name, () -> Files.readString(MOUNTS).contains(mountPoint));
      var mountedAt = System.nanoTime();
      if (count) {
        raw.add(byHand);
        mounted.add(mountedAt - since);
        running.add(runningAt.join() - since);
      } else {
        runningAt.join();
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

  private long whenRunning(String pod) {
    await("pod " + pod, () -> phase("/api/v1/namespaces/default/pods/" + pod).equals("Running"));
    return System.nanoTime();
  }

  private void remove(String name) {
    server.call(
        "DELETE", "/api/v1/namespaces/default/pods/" + name + "?gracePeriodSeconds=0", "", "");
    await("end of pod", () -> gone("/api/v1/namespaces/default/pods/" + name));
    server.call("DELETE", "/api/v1/namespaces/default/persistentvolumeclaims/" + name, "", "");
    await("end of claim", () -> gone("/api/v1/namespaces/default/persistentvolumeclaims/" + name));
    server.call("DELETE", "/api/v1/persistentvolumes/" + name, "", "");
    await("end of volume", () -> gone("/api/v1/persistentvolumes/" + name));
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
