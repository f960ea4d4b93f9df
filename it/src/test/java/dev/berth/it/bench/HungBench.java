package dev.berth.it.bench;

import dev.berth.core.model.Json;
import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.HungStorage;
import dev.berth.it.harness.LoopDisk;
import dev.berth.it.harness.Manifest;
import dev.berth.it.harness.UnixConnection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

/**
 * What storage that hangs costs pods that have nothing to do with it: how long a pod on a healthy,
 * blank disk takes until it is Running, before and while volumes hang in the kernel (directories
 * whose file system takes requests and never answers, disks whose writes wait for a frozen file
 * system), in one run; and how long turns of the pods' and the volumes' loops took meanwhile.
 *
 * <p>Arguments: rounds (default 100), volumes that hang (default 50).
 */
public final class HungBench {
  private static final long DISK_BYTES = 64L << 20;

  private final BerthProcess server;
  private final Driver driver;
  private int round;

  private HungBench(BerthProcess server) {
    this.server = server;
    this.driver = new Driver(server);
  }

  public static void main(String[] arguments) throws Exception {
    var rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 100;
    var count = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 50;
    var undisturbed = new Samples("undisturbed");
    var disturbed = new Samples(count + " volumes hang");
    var server = BerthProcess.start();
    // What hung is let go and ends: nothing of it stays behind.
    try {
      var bench = new HungBench(server);
      bench.driver.create(Driver.CLASSES, Manifest.delayedClass());
      // The first rounds pay for classes and code that are not loaded yet: seen, not counted.
      bench.rounds(Math.max(5, rounds / 4), new Samples("warm-up"));
      bench.rounds(rounds, undisturbed);
      try (var hung = new HungStorage(server.dir())) {
        bench.hang(hung, count);
        var before = Turns.of(server);
        bench.rounds(rounds, disturbed);
        System.out.println(Machine.describe());
        System.out.println("claim and pod on a blank 64 MiB disk until Running");
        System.out.println(Samples.HEADER);
        System.out.println(undisturbed.row());
        System.out.println(disturbed.row());
        System.out.printf(
            "p99 while volumes hang: %+.1f %% of the undisturbed%n",
            100 * (disturbed.percentile(99) / undisturbed.percentile(99) - 1));
        System.out.print(Turns.of(server).since(before));
      }
    } finally {
      server.discard();
    }
  }

  /** Pods on volumes that hang, half of each kind, and waits until all of them do. */
  private void hang(HungStorage hung, int count) throws IOException {
    var paths = new ArrayList<String>();
    hung.silentDirectories(count / 2).forEach(path -> paths.add(path.toString()));
    while (paths.size() < count) {
      paths.add(hung.disk(DISK_BYTES).device());
    }
    hung.freeze();
    for (var i = 0; i < count; i++) {
      want("hung-" + i, paths.get(i));
    }
    driver.await(
        "hanging of all",
        () -> {
          var waiting = 0;
          for (var pod : server.object("/api/v1/namespaces/default/pods").path("items")) {
            waiting += pod.at("/status/conditions").toString().contains("no answer") ? 1 : 0;
          }
          return waiting == count;
        });
  }

  private void rounds(int count, Samples samples) throws IOException {
    for (var i = 0; i < count; i++) {
      samples.add(healthy("healthy-" + round++));
    }
  }

  private long healthy(String name) throws IOException {
    var image = server.dir().resolve(name + ".img");
    try (var disk = LoopDisk.make(image, DISK_BYTES)) {
      var since = System.nanoTime();
      want(name, disk.device());
      awaitRunning(name);
      var took = System.nanoTime() - since;
      for (var kind : List.of(Driver.PODS, Driver.CLAIMS, Driver.VOLUMES)) {
        driver.delete(kind + name);
      }
      driver.awaitMount("/" + name + " ", false);
      return took;
    } finally {
      Files.deleteIfExists(image);
    }
  }

  private void awaitRunning(String pod) throws IOException {
    try (var connection = new UnixConnection(server.socket())) {
      connection.follow(
          "/api/v1/namespaces/default/pods?watch=true&fieldSelector=metadata.name=" + pod,
          line ->
              Json.parseObject(line.getBytes(StandardCharsets.UTF_8))
                  .at("/object/status/phase")
                  .asString("")
                  .equals("Running"));
    }
  }

  private void want(String name, String path) {
    driver.create(Driver.VOLUMES, Manifest.localVolume(name, path, "64Mi"));
    driver.create(
        Driver.CLAIMS,
        Manifest.claim(name, "64Mi")
            .replace("\"spec\":{", "\"spec\":{\"volumeName\":\"%s\",".formatted(name)));
    driver.create(
        Driver.PODS,
        Manifest.pod(name, name)
            .replace(
                "[\"sleep\",\"infinity\"]",
                "[\"sh\",\"-c\",\"trap exit TERM; sleep 600 & wait\"]"));
  }
}
