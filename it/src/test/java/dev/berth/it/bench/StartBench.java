package dev.berth.it.bench;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a server takes from its launch until {@code /readyz} says yes, with all its roles: at
 * the first start (no data, no keys, no caches of classes) and at later ones; how long it takes to
 * stop; how much memory it holds when idle, with nothing stored and with the objects of fifty pods;
 * and how long {@code berth get pv} takes, launcher and JVM included. Beside the time the seconds
 * of processor that went into it, which other work on the machine disturbs less.
 *
 * <p>Arguments: rounds (default 10).
 */
public final class StartBench {
  private static final Duration GIVE_UP = Duration.ofSeconds(60);
  private static final Duration IDLE = Duration.ofSeconds(20);
  private static final long POLL_NANOS = 1_000_000;
  private static final int PODS = 50;

  /** The kernel counts a process's processor time in hundredths of a second. */
  private static final long TICK_NANOS = 10_000_000;

  private StartBench() {}

  public static void main(String[] arguments) throws Exception {
    var rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10;
    System.out.println(Machine.describe());
    System.out.println(rounds + " rounds");
    System.out.println(Samples.HEADER);
    var installed = BerthProcess.distribution();
    var dir = Files.createTempDirectory("berth-bench-");
    var copy = dir.resolve("berth");
    try {
      Command.run("cp", "-a", installed.toString(), copy.toString()).ok();
      System.setProperty("berth.distribution", copy.toString());
      firstStarts(copy, rounds);
      Command.run("rm", "-rf", copy.resolve("lib/aot").toString()).ok();
      Command.run(copy.resolve("lib/warm-up").toString()).ok();
      laterStarts(rounds);
    } finally {
      System.setProperty("berth.distribution", installed.toString());
      Command.run("rm", "-rf", dir.toString());
    }
  }

  private static void firstStarts(Path copy, int rounds) throws IOException {
    var time = new Samples("first start to ready");
    var processor = new Samples("  processor");
    var caches = copy.resolve("lib/aot");
    for (var round = 0; round < rounds; round++) {
      Command.run("rm", "-rf", caches.toString()).ok();
      var server = BerthProcess.prepare();
      try {
        start(server, time, processor);
        awaitCaches(caches);
      } finally {
        server.close();
      }
    }
    System.out.println(time.row());
    System.out.println(processor.row());
  }

  /** They are made in the background, with both processors; the next round must not meet that. */
  private static void awaitCaches(Path caches) throws IOException {
    var since = System.nanoTime();
    while (!hasCaches(caches)) {
      if (System.nanoTime() - since > GIVE_UP.toNanos()) {
        throw new IllegalStateException("no caches in " + caches + " within " + GIVE_UP);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    Command.run("flock", caches.resolve(".lock").toString(), "true").ok();
  }

  /** The server's is put there last. */
  private static boolean hasCaches(Path caches) throws IOException {
    if (!Files.isDirectory(caches)) {
      return false;
    }
    try (var files = Files.list(caches)) {
      return files.anyMatch(file -> file.toString().endsWith("-server.aot"));
    }
  }

  private static void laterStarts(int rounds) throws IOException {
    var time = new Samples("second start to ready");
    var processor = new Samples("  processor");
    var stops = new Samples("SIGTERM to end");
    var server = BerthProcess.prepare();
    try {
      start(server, new Samples("first"), new Samples("first"));
      for (var round = 0; round < rounds; round++) {
        var since = System.nanoTime();
        server.stop();
        stops.add(System.nanoTime() - since);
        start(server, time, processor);
      }
      System.out.println(time.row());
      System.out.println(processor.row());
      System.out.println(stops.row());
      commands(server, 2 * rounds);
      LockSupport.parkNanos(IDLE.toNanos());
      memory("idle", server);
      storeObjects(server);
      LockSupport.parkNanos(IDLE.toNanos());
      memory("idle, " + PODS + " pods stored", server);
    } finally {
      server.close();
    }
  }

  private static void commands(BerthProcess server, int rounds) throws IOException {
    var time = new Samples("berth get pv");
    var processor = new Samples("  processor");
    for (var round = 0; round < rounds; round++) {
      var ticks = endedChildren();
      var since = System.nanoTime();
      server.berth("get", "pv").ok();
      time.add(System.nanoTime() - since);
      processor.add((endedChildren() - ticks) * TICK_NANOS);
    }
    System.out.println(time.row());
    System.out.println(processor.row());
  }

  private static void start(BerthProcess server, Samples time, Samples processor)
      throws IOException {
    var since = System.nanoTime();
    server.launch();
    while (!server.ready()) {
      if (System.nanoTime() - since > GIVE_UP.toNanos()) {
        throw new IllegalStateException("not ready within " + GIVE_UP + "\n" + server.log());
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
    time.add(System.nanoTime() - since);
    var ticks = Machine.ticks(Long.toString(server.pid()));
    processor.add((ticks[0] + ticks[1]) * TICK_NANOS);
  }

  /** Volumes, claims and pods that no node takes: what is stored, watched and decided about. */
  private static void storeObjects(BerthProcess server) {
    var manifests = new StringBuilder(Cluster.LOCAL_STORAGE);
    for (var n = 0; n < PODS; n++) {
      manifests
          .append("---\n")
          .append(Cluster.localVolume("pv-" + n, "/dev/disk/by-id/" + n, "1Gi", "Retain", "other"))
          .append("---\n")
          .append(Cluster.claim("claim-" + n, "1Gi", "local-storage"))
          .append("---\n")
          .append(Cluster.pod("pod-" + n, "claim-" + n));
    }
    server.berthReading(manifests.toString(), "create", "-f", "-").ok();
  }

  private static void memory(String state, BerthProcess server) throws IOException {
    for (var line : Files.readAllLines(Path.of("/proc/" + server.pid() + "/status"))) {
      if (line.startsWith("VmRSS") || line.startsWith("RssAnon") || line.startsWith("RssFile")) {
        var kib = Long.parseLong(line.replaceAll("\\D", ""));
        var name = state + ": " + line.substring(0, line.indexOf(':'));
        System.out.printf(Locale.ROOT, "%-32s %8.1f MiB%n", name, kib / 1024.0);
      }
    }
  }

  private static long endedChildren() throws IOException {
    var ticks = Machine.ticks("self");
    return ticks[2] + ticks[3];
  }
}
