package dev.berth.node;

import static dev.berth.node.NodeWorld.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.observe.Meters;
import dev.berth.core.registry.Bootstrap;
import dev.berth.core.registry.Registry;
import dev.berth.core.storage.InMemoryObjectStore;
import dev.berth.node.disk.LoopDisks;
import dev.berth.node.disk.SyncedFormatJournal;
import dev.berth.node.linux.SystemChildProcesses;
import dev.berth.node.plugin.VolumePlugin;
import dev.berth.node.runtime.ContainerState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.jspecify.annotations.Nullable;

/**
 * A scene with a fault at one of its steps: a host, an API, and the node's lives on them. Whoever
 * waits for something here also starts the server again when it has died.
 */
final class FaultCell implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String OTHER = "other";

  private final FaultSeams.@Nullable Plan plan;
  private final FaultHost host;
  private final FaultTraces traces;
  private final FakeContainers containers = new FakeContainers();
  private final Registry api =
      new Registry(new InMemoryObjectStore(), InstantSource.system(), new Random(7), Meters.none());
  private final Map<String, Path> pools = new HashMap<>();
  private final List<FaultStep> made = new ArrayList<>();
  private final Set<String> scratches = new HashSet<>();
  private FaultSeams seams;
  private NodeWorld world;
  private @Nullable NodeAgent agent;
  private String phase = "";
  private boolean fired;
  private volatile boolean powerFailed;
  private int boots;
  private boolean written;
  private long formatsBeforeData;

  /**
   * @param plan null when all goes well
   * @param slow whether the operations in the phase of the fault begin late
   */
  FaultCell(FaultHost.Ground ground, String name, FaultSeams.@Nullable Plan plan, boolean slow)
      throws IOException {
    this.plan = plan;
    this.host = new FaultHost(ground, name);
    this.traces = new FaultTraces(host);
    Bootstrap.ensure(api);
    pools.put("default", Files.createDirectory(host.own().resolve("pool")));
    seams = new FaultSeams(plan, slow, this::cut);
    world = life();
  }

  private void cut() {
    host.cut();
    powerFailed = true;
  }

  /** A process that is not started yet. */
  private NodeWorld life() {
    var kernel = seams.syscalls(NodeWorld.syscalls());
    var programs = new ArrayList<>(List.of(tools()));
    programs.addAll(SystemChildProcesses.Limits.DEFAULT.toolDirectories());
    var node =
        NodeHost.of(
                kernel,
                seams.children(NodeWorld.children(programs)),
                NodeWorld.DEADLINES,
                InstantSource.system())
            .with(directory -> seams.journal(new SyncedFormatJournal(directory)));
    var next =
        new NodeWorld(
            host.own().resolve("node"),
            seams.containers(containers),
            node,
            api,
            seams.resources(api));
    pools.forEach(next::pool);
    return next;
  }

  /** Programs that are found before the system's. */
  Path tools() {
    return host.directory().resolve("tools");
  }

  /** Null when all goes well. */
  FaultSeams.@Nullable Plan plan() {
    return plan;
  }

  FaultHost host() {
    return host;
  }

  Path pool() {
    return host.own().resolve("pool");
  }

  /** What an administrator can do. */
  NodeWorld world() {
    return world;
  }

  FakeContainers containers() {
    return containers;
  }

  private NodeAgent agent() {
    return Objects.requireNonNull(agent, "the server was not started");
  }

  List<VolumePlugin> plugins() {
    return agent().plugins();
  }

  /** What was there before the server is on disk. */
  void start() {
    LoopDisks.run("sync", "--file-system", host.own().toString());
    begin();
  }

  private void begin() {
    try {
      agent = world.start();
    } catch (AssertionError e) {
      throw new IllegalStateException("nothing goes on without a server", e);
    }
  }

  /** Lets a phase of a scene happen, with the fault that belongs into it and all that follows. */
  void play(FaultScene.Phase part) throws Exception {
    phase = part.name();
    seams.phase(phase);
    part.act().with(this);
    part.check().with(this);
    await(() -> assertThat(FaultTraces.underWay()).isEmpty());
    if (plan != null && isArmed()) {
      if (!fired && !seams.fired()) {
        throw new NotReached(plan.step());
      }
      fired = true;
      kill();
      part.check().with(this);
      await(() -> assertThat(FaultTraces.underWay()).isEmpty());
    }
  }

  private boolean isArmed() {
    return plan != null && plan.step().phase().equals(phase);
  }

  /** The step of the fault was not made this time: other threads were faster, or slower. */
  static final class NotReached extends Exception {
    private static final long serialVersionUID = 1;

    NotReached(FaultStep step) {
      super("the scene ended without the step " + step);
    }
  }

  /** All steps of all lives. */
  List<FaultStep> made() {
    var all = new ArrayList<>(made);
    all.addAll(seams.made());
    return all;
  }

  /** Waits until something is so; the server is started again when it has to be. */
  void await(ThrowingRunnable check) {
    patient()
        .untilAsserted(
            () -> {
              recover();
              check.run();
            });
  }

  private static org.awaitility.core.ConditionFactory patient() {
    return Awaitility.await()
        .pollInSameThread()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(10))
        .atMost(PATIENCE);
  }

  private void recover() throws IOException {
    if (seams.dead()) {
      revive();
    } else if (plan != null && plan.fault() == Fault.HANG && seams.fired()) {
      othersRun();
      kill();
      world.deletePod(OTHER);
    }
  }

  /** Whatever hangs, a pod that has nothing to do with it starts. */
  private void othersRun() {
    pod(OTHER, "{'name':'data','emptyDir':{}}", "{}");
    patient().untilAsserted(() -> assertThat(world.phase(OTHER)).isEqualTo("Running"));
  }

  private void kill() throws IOException {
    seams.die();
    revive();
  }

  private void revive() throws IOException {
    end();
    if (powerFailed) {
      boot();
      containers.reboot();
      boots++;
      powerFailed = false;
    }
    fired |= seams.fired();
    made.addAll(seams.made());
    seams = new FaultSeams(null, false, () -> {});
    seams.phase(phase);
    world = life();
    begin();
  }

  /**
   * A process ends as a whole: what is left of it, however long the machine lets it wait, must have
   * ended before the next begins, and before there is another host at the same place.
   */
  private void end() {
    world.stop();
    patient().until(() -> seams.isOver() && FaultTraces.underWay().isEmpty());
  }

  /** A host that does not come up is no state to go on from, nor to try anything else in. */
  private void boot() throws IOException {
    try {
      host.boot();
    } catch (AssertionError e) {
      throw new IllegalStateException("the host does not boot", e);
    }
  }

  /** Makes a pod with one volume of the name {@code data}. */
  void pod(String name, String volume, String spec) {
    var document =
        json(
            """
            {'metadata':{'name':'%s','labels':{'app':'db'}},
             'spec':{'nodeName':'%s','terminationGracePeriodSeconds':1,
              'containers':[{'name':'main','image':'host',
               'volumeMounts':[{'name':'data','mountPath':'/data'}]}],
              'volumes':[%s]}}"""
                .formatted(name, NodeWorld.NODE, volume));
    document.withObject("spec").setAll(json(spec));
    world.create(ResourceTypes.POD, document);
  }

  Pod pod() {
    return world.pod("p").orElseThrow();
  }

  /** Waits until the pod runs, also by what its runtime says. */
  void runs() {
    await(
        () -> {
          assertThat(world.phase("p")).as("told: %s", told()).isEqualTo("Running");
          var uid = pod().metadata().uid();
          assertThat(containers.list())
              .filteredOn(c -> c.id().podUid().equals(uid))
              .filteredOn(c -> c.state() instanceof ContainerState.Running)
              .as("running containers")
              .hasSize(1);
        });
  }

  List<String> told() {
    return world.events().stream().map(NodeWorld.Told::message).distinct().toList();
  }

  /** Waits until the pod is gone and nothing of its volumes is on the host. */
  void isGone() {
    await(() -> assertThat(world.phase("p")).as("told: %s", told()).isEqualTo("gone"));
    await(() -> assertThat(traces.mounts()).isEmpty());
    await(() -> assertThat(traces.loops()).isEmpty());
  }

  /** Whether the volume has no data yet. It has some from now on, and is never formatted again. */
  boolean writesFirst() {
    if (written) {
      return false;
    }
    written = true;
    formatsBeforeData = formats();
    return true;
  }

  /** Writes data once, and afterwards finds them whenever it is asked. */
  void keeps(Path directory) throws IOException {
    var file = directory.resolve("file");
    if (writesFirst()) {
      Files.writeString(file, "data of the pod");
      LoopDisks.run("sync", "--file-system", file.toString());
    }
    assertThat(file).hasContent("data of the pod");
  }

  /** As {@link #keeps}, for as long as the pod is there and, unless it lasts, the host runs. */
  void keepsForItsPod(Path directory, boolean lasts) throws IOException {
    var file = directory.resolve("file");
    if (scratches.add(pod().metadata().uid() + (lasts ? "" : " in boot " + boots))) {
      Files.writeString(file, "data of the pod");
      if (lasts) {
        LoopDisks.run("sync", "--file-system", file.toString());
      }
    }
    assertThat(file).hasContent("data of the pod");
  }

  /** How often a file system was made. */
  private long formats() {
    return made().stream().filter(step -> step.call().startsWith("program mkfs")).count();
  }

  /** The end of every scene: nothing is left on the host, nothing was formatted over data. */
  void leavesNothing() throws Exception {
    await(() -> assertThat(world.phase(OTHER)).isEqualTo("gone"));
    await(() -> assertThat(traces.mounts()).as("mounts").isEmpty());
    await(() -> assertThat(traces.loops()).as("loop devices").isEmpty());
    await(() -> assertThat(traces.places(plugins())).as("mount points").isEmpty());
    var root = host.own().resolve("node");
    // A power cut may bring directories of pods back, which are removed when the server has begun.
    await(() -> assertThat(root.resolve("pods")).as("directories of pods").isEmptyDirectory());
    assertThat(FaultTraces.immutable(root)).as("immutable directories").isEmpty();
    agent().orphans();
    assertThat(agent().orphans()).as("what nobody owns").isEmpty();
    await(() -> assertThat(traces.processes()).as("processes").isEmpty());
    if (written) {
      assertThat(formats()).as("formats").isEqualTo(formatsBeforeData);
    }
  }

  @Override
  public void close() {
    seams.die();
    world.stop();
    host.close();
  }
}
