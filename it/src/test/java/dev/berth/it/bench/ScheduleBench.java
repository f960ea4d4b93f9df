package dev.berth.it.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.berth.core.Controllers;
import dev.berth.core.control.ControlDriver;
import dev.berth.core.control.FaultHandler;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.observe.Meters;
import dev.berth.core.registry.Bootstrap;
import dev.berth.core.registry.EventRecorder;
import dev.berth.core.registry.Registry;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WriteOptions;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.Watch;
import dev.berth.it.harness.SceneObjects;
import dev.berth.store.RocksObjectStore;
import dev.berth.store.StoreConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Pods that wait, created beforehand, are given nodes, with volumes for their claims where they
 * have some: how many in a second, and what a decision costs. Registry, controllers, scheduler and
 * a store on disk in this process, every decision durable, events written; no API and no process
 * behind the nodes, whose heartbeats go on.
 *
 * <p>Arguments: nothing for all scenes, or {@code NODES PODS KIND} with the kinds {@code plain},
 * {@code claim} (a local volume each), {@code racks} (that, and sets of ten pods with required
 * anti-affinity by rack), {@code pairs} (two claims for each pod).
 */
public final class ScheduleBench {
  private static final Duration GIVE_UP = Duration.ofMinutes(5);
  private static final Duration END_WITHIN = Duration.ofSeconds(10);
  private static final int SET = 10;
  private static final int HEARTBEATS_PER_SECOND = 500;
  private static final byte[] BOUND = SceneObjects.BOUND.getBytes(StandardCharsets.UTF_8);
  private static final byte[] AVAILABLE = SceneObjects.AVAILABLE.getBytes(StandardCharsets.UTF_8);

  private enum Kind {
    PLAIN(0),
    CLAIM(1),
    RACKS(1),
    PAIRS(2);

    final int claims;

    Kind(int claims) {
      this.claims = claims;
    }
  }

  private record Scene(int nodes, int pods, Kind kind) {}

  private static final List<Scene> SCENES =
      List.of(
          new Scene(1_000, 5_000, Kind.PLAIN),
          new Scene(5_000, 5_000, Kind.PLAIN),
          new Scene(1_000, 1_000, Kind.CLAIM),
          new Scene(5_000, 5_000, Kind.CLAIM),
          new Scene(1_000, 1_000, Kind.RACKS),
          new Scene(1_000, 1_000, Kind.PAIRS),
          new Scene(500, 2_000, Kind.PLAIN),
          new Scene(50_000, 2_000, Kind.PLAIN));

  private final ObjectStore store;
  private final Registry registry;
  private final Scene scene;

  private ScheduleBench(ObjectStore store, Scene scene) {
    this.store = store;
    this.registry = new Registry(store, InstantSource.system(), new SecureRandom(), Meters.none());
    this.scene = scene;
  }

  public static void main(String[] arguments) throws Exception {
    var scenes =
        arguments.length < 3
            ? SCENES
            : List.of(
                new Scene(
                    Integer.parseInt(arguments[0]),
                    Integer.parseInt(arguments[1]),
                    Kind.valueOf(arguments[2].toUpperCase(Locale.ROOT))));
    System.out.println(Machine.describe());
    // Until the rules are compiled, the first scene would only be the slower one.
    run(new Scene(200, 2_000, Kind.PLAIN));
    run(new Scene(200, 200, Kind.PAIRS));
    run(new Scene(200, 200, Kind.RACKS));
    System.out.printf(
        "%-6s %8s %8s %10s %14s %14s %10s%n",
        "", "nodes", "pods", "pods/s", "loop us/pod", "all us/pod", "heap MiB");
    for (var scene : scenes) {
      System.out.println(run(scene));
    }
  }

  private static String run(Scene scene) throws Exception {
    var directory = Files.createTempDirectory("berth-bench-schedule-");
    try (var store =
        RocksObjectStore.open(
            directory,
            StoreConfig.defaults(),
            Meters.none(),
            broken -> {
              throw broken;
            })) {
      var bench = new ScheduleBench(store, scene);
      bench.set();
      return bench.drain();
    } finally {
      delete(directory);
    }
  }

  /** Creates everything; nothing decides yet. */
  private void set() throws Exception {
    Bootstrap.ensure(registry);
    registry.create(
        ResourceTypes.CLASS, "", parse(SceneObjects.DELAYED_CLASS), WriteOptions.DEFAULT);
    var claims = scene.pods() * scene.kind().claims;
    // Twice as many where racks matter: the last of a set must find one on a rack of its own.
    var volumes = scene.kind() == Kind.RACKS ? 2 * claims : claims;
    create(ResourceTypes.VOLUME, "", volumes, this::volume);
    create(ResourceTypes.CLAIM, "default", claims, ScheduleBench::claim);
    if (claims > 0) {
      makeAvailable(volumes);
    }
    create(ResourceTypes.POD, "default", scene.pods(), this::pod);
    create(ResourceTypes.NODE, "", scene.nodes(), SceneObjects::node);
    create(ResourceTypes.LEASE, "kube-node-lease", scene.nodes(), ScheduleBench::lease);
  }

  private void create(ResourceType type, String namespace, int count, IntFunction<String> make)
      throws InterruptedException {
    var places = new Semaphore(256);
    var failed = ConcurrentHashMap.<String>newKeySet();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < count; i++) {
        var number = i;
        places.acquire();
        threads.submit(
            () -> {
              try {
                registry.create(type, namespace, parse(make.apply(number)), WriteOptions.DEFAULT);
              } catch (RuntimeException e) {
                failed.add(String.valueOf(e));
              } finally {
                places.release();
              }
            });
      }
    }
    if (!failed.isEmpty()) {
      throw new IllegalStateException("cannot set the scene: " + failed.iterator().next());
    }
  }

  /** The volumes were there before the pods: their controller has seen them. */
  private void makeAvailable(int volumes) throws Exception {
    try (var watch = store.watch(Scope.of("persistentvolumes"), store.revision());
        var deciding = new Deciding(false)) {
      deciding.thread.start();
      count(watch, deciding.faults, AVAILABLE, volumes);
    }
  }

  /** All that decides, in a thread. */
  private final class Deciding implements AutoCloseable {
    private final Faults faults = new Faults();
    private final ScheduledExecutorService writer =
        Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
    private final ControlDriver driver;
    private final Thread thread;

    Deciding(boolean schedules) {
      var clock = InstantSource.system();
      var events = new EventRecorder(registry, clock, writer, Meters.none(), "berth-bench", "");
      var holder = "bench-" + schedules;
      driver =
          new ControlDriver(
              Controllers.create(store, events, faults, Meters.none(), holder, true, schedules),
              clock,
              faults);
      thread = Thread.ofPlatform().daemon().name("control").unstarted(driver);
    }

    @Override
    public void close() {
      driver.stop();
      try {
        if (!driver.awaitEnd(END_WITHIN)) {
          throw new IllegalStateException("the control loop does not end");
        }
        writer.shutdownNow();
        if (!writer.awaitTermination(END_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
          throw new IllegalStateException("events are still being written");
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private String drain() throws Exception {
    var heart = Thread.ofPlatform().daemon().unstarted(this::beat);
    try (var watch = store.watch(Scope.of("pods"), store.revision());
        var deciding = new Deciding(true)) {
      var cpu = processCpu();
      deciding.thread.start();
      heart.start();
      var span = count(watch, deciding.faults, BOUND, scene.pods());
      var loopCpu =
          ManagementFactory.getThreadMXBean().getThreadCpuTime(deciding.thread.threadId());
      cpu = processCpu() - cpu;
      System.gc();
      var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      return String.format(
          Locale.ROOT,
          "%-6s %8d %8d %10.0f %14.0f %14.0f %10d",
          scene.kind().name().toLowerCase(Locale.ROOT),
          scene.nodes(),
          scene.pods(),
          (scene.pods() - 1) * 1e9 / span,
          loopCpu / 1e3 / scene.pods(),
          cpu / 1e3 / scene.pods(),
          heap >> 20);
    } finally {
      heart.interrupt();
    }
  }

  /** Nanoseconds from the first durable change that makes an object say so to the last. */
  private static long count(Watch watch, Faults faults, byte[] saying, int expected) {
    var begun = System.nanoTime();
    var first = 0L;
    for (var count = 0; count < expected; ) {
      if (faults.met != null) {
        throw new IllegalStateException(faults.met);
      }
      if (System.nanoTime() - begun > GIVE_UP.toNanos()) {
        throw new IllegalStateException(count + " of " + expected + " objects after " + GIVE_UP);
      }
      switch (watch.take(1_000)) {
        case Watch.Changes(var changes, _) -> {
          if (changes.isEmpty()) {
            LockSupport.parkNanos(500_000);
          }
          for (var change : changes) {
            var after = change.after();
            var before = change.before();
            if (after != null
                && before != null
                && !contains(before.document(), saying)
                && contains(after.document(), saying)) {
              first = count++ == 0 ? System.nanoTime() : first;
            }
          }
        }
        case Watch.Ended(var cause) -> throw new IllegalStateException("the watch ended", cause);
      }
    }
    return System.nanoTime() - first;
  }

  /** Renews the nodes' leases in turn, as many in a second as the store is to carry beside. */
  private void beat() {
    for (var i = 0; !Thread.currentThread().isInterrupted(); i = (i + 1) % scene.nodes()) {
      var name = "node-" + i;
      try {
        registry.replace(
            ResourceTypes.LEASE,
            "kube-node-lease",
            name,
            Resources.OBJECT,
            parse(lease(i)),
            WriteOptions.DEFAULT);
      } catch (RuntimeException e) {
        // The store is being closed.
        return;
      }
      LockSupport.parkNanos(1_000_000_000L / HEARTBEATS_PER_SECOND);
    }
  }

  private static final class Faults implements FaultHandler {
    private volatile @Nullable String met;

    @Override
    public void stopped(String why, @Nullable Throwable cause) {
      met = why + ": " + cause;
    }

    @Override
    public void decisionFailed(String controller, ObjectKey key, RuntimeException cause) {
      met = controller + " failed on " + key + ": " + cause;
    }
  }

  private static String lease(int number) {
    return SceneObjects.lease(number, InstantSource.system().instant());
  }

  /** In turn on every node. */
  private String volume(int number) {
    return SceneObjects.volume(
        "volume-" + number, "local", number / scene.kind().claims % scene.nodes());
  }

  private static String claim(int number) {
    return SceneObjects.claim("claim-" + number, "local", "10Gi");
  }

  private String pod(int number) {
    var set = "set-" + number / SET;
    var affinity =
        scene.kind() == Kind.RACKS
            ? """
              "affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[
               {"topologyKey":"rack","labelSelector":{"matchLabels":{"app":"%s"}}}]}},
              """
                .formatted(set)
            : "";
    var claims =
        IntStream.range(0, scene.kind().claims)
            .mapToObj(i -> "claim-" + (number * scene.kind().claims + i))
            .toList();
    return SceneObjects.pod("pod-" + number, set, "100m", affinity, claims);
  }

  private static ObjectNode parse(String json) {
    return Json.parseObject(json.getBytes(StandardCharsets.UTF_8));
  }

  private static boolean contains(byte[] text, byte[] part) {
    search:
    for (var from = 0; from <= text.length - part.length; from++) {
      for (var i = 0; i < part.length; i++) {
        if (text[from + i] != part[i]) {
          continue search;
        }
      }
      return true;
    }
    return false;
  }

  private static long processCpu() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
