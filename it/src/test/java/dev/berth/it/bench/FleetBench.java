package dev.berth.it.bench;

import static java.util.stream.Collectors.joining;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import dev.berth.it.harness.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Many volumes on one host: how long one pod's hundred blank disks take until all are formatted and
 * mounted, beside as many {@code mkfs} and {@code mount} at a time by hand; how long after the
 * launch of a server two hundred mounted volumes of a hundred pods are examined and certain again;
 * and how much of a processor the server takes while fifty pods run on their volumes and nothing is
 * asked of it.
 *
 * <p>Arguments: disks formatted at a time (default 100), volumes at a restart (default 200), pods
 * while idle (default 50), seconds of idling (default 120).
 */
public final class FleetBench {
  private static final long DISK_BYTES = 64L << 20;
  private static final int RESTARTS = 5;
  private static final int VOLUMES_OF_A_POD = 2;
  private static final Duration TO_REST = Duration.ofSeconds(20);

  /** The kernel counts a process's processor time in hundredths of a second. */
  private static final double TICKS_PER_SECOND = 100;

  private final BerthProcess server;
  private final Driver driver;
  private final List<LoopDisk> disks = new ArrayList<>();

  private FleetBench(BerthProcess server) {
    this.server = server;
    this.driver = new Driver(server);
  }

  public static void main(String[] arguments) throws Exception {
    var together = argument(arguments, 0, 100);
    var restarted = argument(arguments, 1, 200);
    var idle = argument(arguments, 2, 50);
    var seconds = argument(arguments, 3, 120);
    System.out.println(Machine.describe());
    System.out.println("64 MiB sparse files on loop devices, ext4");
    with(
        bench -> {
          bench.inParallel(4, false);
          for (var round = 0; round < 3; round++) {
            bench.inParallel(together, true);
          }
        });
    with(bench -> bench.restart(restarted));
    with(bench -> bench.idle(idle, seconds));
  }

  private static int argument(String[] arguments, int index, int otherwise) {
    return arguments.length > index ? Integer.parseInt(arguments[index]) : otherwise;
  }

  private interface Part {
    void run(FleetBench bench) throws Exception;
  }

  /** On a server of its own, with nothing left of the part before. */
  private static void with(Part part) throws Exception {
    try (var server = BerthProcess.start()) {
      var bench = new FleetBench(server);
      try {
        bench.driver.create(Driver.CLASSES, Manifest.delayedClass());
        part.run(bench);
      } finally {
        bench.removeAll();
      }
    }
  }

  private void removeAll() throws IOException {
    for (var kind : List.of(Driver.PODS, Driver.CLAIMS, Driver.VOLUMES)) {
      var collection = kind.substring(0, kind.length() - 1);
      for (var object : server.object(collection).path("items")) {
        server.call("DELETE", kind + object.at("/metadata/name").asString(), "", "");
      }
      driver.await("end of " + collection, () -> server.object(collection).path("items").isEmpty());
    }
    driver.awaitMount(server.dir().toString(), false);
    for (var disk : disks) {
      disk.close();
      Files.deleteIfExists(disk.image());
    }
    disks.clear();
  }

  private void inParallel(int count, boolean report) throws IOException {
    var byHand = byHand(count);
    var names = volumes(count);
    var before = Machine.ticks(Long.toString(server.pid()));
    var since = System.nanoTime();
    driver.create(Driver.PODS, pod("all", names));
    driver.awaitMounts("mounts", table -> mounted(table) == count);
    var took = System.nanoTime() - since;
    var after = Machine.ticks(Long.toString(server.pid()));
    if (report) {
      System.out.printf(
          Locale.ROOT,
          "%d at a time: by hand %.0f ms, pod to all mounted %.0f ms (x %.2f), of processors %.2f s in"
              + " the server and %.2f s in its programs%n",
          count,
          byHand / 1e6,
          took / 1e6,
          (double) took / byHand,
          (after[0] + after[1] - before[0] - before[1]) / TICKS_PER_SECOND,
          (after[2] + after[3] - before[2] - before[3]) / TICKS_PER_SECOND);
    }
    removeAll();
  }

  /** The same programs, all at once. */
  private long byHand(int count) throws IOException {
    var dir = Files.createDirectory(server.dir().resolve("by-hand"));
    for (var n = 0; n < count; n++) {
      disks.add(LoopDisk.make(dir.resolve("disk-" + n), DISK_BYTES));
      Files.createDirectory(dir.resolve("mnt-" + n));
    }
    var script =
        IntStream.range(0, count)
            .mapToObj(
                n -> "(%s) &".formatted(Driver.mkfsAndMount(disks.get(n), dir.resolve("mnt-" + n))))
            .collect(joining("\n", "", "\nwait"));
    var since = System.nanoTime();
    Command.run("sh", "-c", script).ok();
    var took = System.nanoTime() - since;
    for (var n = 0; n < count; n++) {
      Command.run("umount", dir.resolve("mnt-" + n).toString()).ok();
    }
    removeAll();
    Command.run("rm", "-r", dir.toString()).ok();
    return took;
  }

  private void restart(int volumes) throws IOException {
    var pods = volumes / VOLUMES_OF_A_POD;
    running(pods, VOLUMES_OF_A_POD);
    var ready = new Samples("launch to ready");
    var certain = new Samples("launch to all certain");
    var used = new long[4];
    for (var round = 0; round < RESTARTS; round++) {
      server.stop();
      var log = server.log().length();
      var since = System.nanoTime();
      server.launch();
      driver.await("ready", server::ready);
      ready.add(System.nanoTime() - since);
      driver.await("certain volumes", () -> server.log().substring(log).contains("certain again"));
      certain.add(System.nanoTime() - since);
      var ticks = Machine.ticks(Long.toString(server.pid()));
      Arrays.setAll(used, n -> used[n] + ticks[n]);
    }
    System.out.printf("restart, %d volumes of %d pods mounted%n", pods * VOLUMES_OF_A_POD, pods);
    System.out.println(Samples.HEADER);
    System.out.println(ready.row());
    System.out.println(certain.row());
    System.out.printf(
        Locale.ROOT,
        "of processors until then: %.2f s in the server and %.2f s in its programs (mean)%n",
        (used[0] + used[1]) / TICKS_PER_SECOND / RESTARTS,
        (used[2] + used[3]) / TICKS_PER_SECOND / RESTARTS);
  }

  private void idle(int pods, int seconds) throws IOException {
    running(pods, 1);
    LockSupport.parkNanos(TO_REST.toNanos());
    var before = ticks();
    var since = System.nanoTime();
    LockSupport.parkNanos(Duration.ofSeconds(seconds).toNanos());
    var used = (ticks() - before) / TICKS_PER_SECOND;
    var took = (System.nanoTime() - since) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "idle, %d pods with a volume each: %.2f s of processor in %.0f s (%.2f %% of a core)%n",
        pods,
        used,
        took,
        100 * used / took);
  }

  /** Of the server and of the children that it has waited for. */
  private long ticks() throws IOException {
    return LongStream.of(Machine.ticks(Long.toString(server.pid()))).sum();
  }

  private void running(int pods, int volumesOfEach) throws IOException {
    var names = volumes(pods * volumesOfEach);
    for (var n = 0; n < pods; n++) {
      var own = names.subList(n * volumesOfEach, (n + 1) * volumesOfEach);
      driver.create(Driver.PODS, pod("pod-" + n, own));
    }
    var collection = Driver.PODS.substring(0, Driver.PODS.length() - 1);
    driver.await(
        "running pods",
        () -> {
          var running = 0;
          for (var pod : server.object(collection).path("items")) {
            running += pod.at("/status/phase").asString("").equals("Running") ? 1 : 0;
          }
          return running == pods;
        });
  }

  /** Volumes on new disks, each bound to a claim of the same name. */
  private List<String> volumes(int count) {
    var names = IntStream.range(0, count).mapToObj(n -> "fleet-" + n).toList();
    for (var name : names) {
      var disk = LoopDisk.make(server.dir().resolve(name + ".img"), DISK_BYTES);
      disks.add(disk);
      driver.create(Driver.VOLUMES, Manifest.localVolume(name, disk.device(), "64Mi"));
      driver.create(
          Driver.CLAIMS,
          Manifest.claim(name, "64Mi")
              .replace("\"spec\":{", "\"spec\":{\"volumeName\":\"%s\",".formatted(name)));
    }
    names.forEach(name -> driver.awaitPhase(Driver.CLAIMS + name, "Bound"));
    return names;
  }

  private static String pod(String name, List<String> claims) {
    var mounts =
        claims.stream()
            .map(claim -> "{\"name\":\"%s\",\"mountPath\":\"/%s\"}".formatted(claim, claim))
            .collect(joining(","));
    var volumes =
        claims.stream()
            .map(
                claim ->
                    "{\"name\":\"%s\",\"persistentVolumeClaim\":{\"claimName\":\"%s\"}}"
                        .formatted(claim, claim))
            .collect(joining(","));
    return """
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},
         "spec":{"terminationGracePeriodSeconds":1,
          "containers":[{"name":"main","image":"host",
           "command":["sh","-c","trap exit TERM; sleep 86400 & wait"],
           "volumeMounts":[%s]}],
          "volumes":[%s]}}
        """
        .formatted(name, mounts, volumes);
  }

  /** Of this server only: others may run on the host. */
  private long mounted(String table) {
    var pods = server.dir() + "/data/node/pods/";
    return table
        .lines()
        .filter(line -> line.contains(pods))
        .filter(line -> line.contains("/volumes/kubernetes.io~local-volume/"))
        .count();
  }
}
