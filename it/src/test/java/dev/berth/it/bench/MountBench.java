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
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * How long from the creation of a claim and its pod until the disk is formatted and mounted under
 * the pod, and until the pod is Running; beside it the same {@code mkfs} and {@code mount} typed by
 * hand on a disk of the same kind, alternating in one run. Then the pod is deleted and created
 * again: how long until the file system that is there now is mounted under it, beside the same
 * check and mount by hand.
 *
 * <p>Between the ends it tells when the pod was given to its node and when the disk was mounted for
 * the node, and after all what the server's own timers say of the rounds, their deletions included.
 *
 * <p>Arguments: rounds (default 40).
 */
public final class MountBench {
  private static final long DISK_BYTES = 1L << 30;

  private final BerthProcess server;
  private final Driver driver;
  private final Samples raw = new Samples("mkfs + mount by hand");
  private final Samples scheduled = new Samples("claim + pod to scheduled");
  private final Samples staged = new Samples("claim + pod to disk mounted");
  private final Samples mounted = new Samples("claim + pod to mounted");
  private final Samples running = new Samples("claim + pod to Running");
  private final Samples rawAgain = new Samples("check + mount by hand");
  private final Samples again = new Samples("pod to mounted again");

  private MountBench(BerthProcess server) {
    this.server = server;
    this.driver = new Driver(server);
  }

  public static void main(String[] arguments) throws Exception {
    var rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 40;
    try (var server = BerthProcess.start()) {
      var bench = new MountBench(server);
      bench.driver.create(Driver.CLASSES, Manifest.delayedClass());
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
          List.of(
              bench.raw,
              bench.scheduled,
              bench.staged,
              bench.mounted,
              bench.running,
              bench.rawAgain,
              bench.again)) {
        System.out.println(samples.row());
      }
      System.out.printf(
          "p50 over raw: mounted %+.1f ms, Running %+.1f ms, mounted again %+.1f ms%n",
          bench.mounted.percentile(50) - bench.raw.percentile(50),
          bench.running.percentile(50) - bench.raw.percentile(50),
          bench.again.percentile(50) - bench.rawAgain.percentile(50));
      System.out.println(Timings.of(server).since(before, rounds));
    }
  }

  private void round(int round, boolean count) throws Exception {
    byHand(round, count);
    var image = server.dir().resolve("disk-" + round);
    try (var disk = LoopDisk.make(image, DISK_BYTES)) {
      var name = "bench-" + round;
      driver.create(Driver.VOLUMES, Manifest.localVolume(name, disk.device(), "1Gi"));
      driver.awaitPhase(Driver.VOLUMES + name, "Available");
      var times = new Times();
      var watch = CompletableFuture.runAsync(() -> watch(name, times));
      var since = System.nanoTime();
      driver.create(Driver.CLAIMS, Manifest.claim(name, "1Gi"));
      driver.create(Driver.PODS, pod(name));
      driver.awaitMount("/mounts/" + name + " ", true);
      var stagedAt = System.nanoTime();
      var mountPoint = "/volumes/kubernetes.io~local-volume/" + name + " ";
      driver.awaitMount(mountPoint, true);
      var mountedAt = System.nanoTime();
      watch.join();
      remove(name);
      var sinceAgain = System.nanoTime();
      driver.create(Driver.PODS, pod(name));
      driver.awaitMount(mountPoint, true);
      var againAt = System.nanoTime();
      driver.awaitPhase(Driver.PODS + name, "Running");
      if (count) {
        scheduled.add(times.scheduled - since);
        staged.add(stagedAt - since);
        mounted.add(mountedAt - since);
        running.add(times.running - since);
        again.add(againAt - sinceAgain);
      }
      remove(name);
      driver.delete(Driver.CLAIMS + name);
      driver.delete(Driver.VOLUMES + name);
    } finally {
      Files.deleteIfExists(image);
    }
  }

  private void byHand(int round, boolean count) throws IOException {
    var image = server.dir().resolve("raw-" + round);
    var directory = Files.createDirectory(server.dir().resolve("raw-mount-" + round));
    try (var disk = LoopDisk.make(image, DISK_BYTES)) {
      var first = timed(Driver.mkfsAndMount(disk, directory));
      Command.run("umount", directory.toString()).ok();
      var second =
          timed("e2fsck -p %s && mount %s %s".formatted(disk.device(), disk.device(), directory));
      Command.run("umount", directory.toString()).ok();
      if (count) {
        raw.add(first);
        rawAgain.add(second);
      }
    } finally {
      Files.delete(image);
      Files.delete(directory);
    }
  }

  private static long timed(String script) {
    var since = System.nanoTime();
    Command.run("sh", "-c", script).ok();
    return System.nanoTime() - since;
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
    driver.delete(Driver.PODS + name);
    driver.awaitMount("/" + name + " ", false);
  }
}
