package dev.berth.node.volume;

import static dev.berth.node.volume.SimulatedHost.must;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.node.plugin.Attempt;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.plugin.VolumeSource;
import dev.berth.node.runtime.PodRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The volume manager's state machine with its real plugins on a simulated host, in virtual time:
 * pods come and go, operations succeed, fail, hang and complete late, the process is killed at any
 * step, the host reboots, disks vanish and are swapped. A seed decides everything.
 */
final class VolumeSimulation {
  private static final String NODE = "node-1";
  private static final int VOLUMES = 4;
  private static final int MOST_PODS = 6;

  private final Random random;
  private final SimulatedHost host;
  private final SimulatedObjects objects;
  private final Map<String, SimulatedPod> pods = new LinkedHashMap<>();
  private final VirtualTime time = new VirtualTime();
  private final List<String> history = new ArrayList<>();
  private SimulatedProcess process;
  private long reported;
  private Instant lastTold = Instant.EPOCH;
  private int podNumber;
  int started;

  VolumeSimulation(long seed, Path root) throws IOException {
    random = new Random(seed);
    host = new SimulatedHost(root, random);
    objects = new SimulatedObjects(host);
    for (var i = 0; i < VOLUMES; i++) {
      var path = Path.of("/dev/slot-" + i);
      host.disks.put(path, new SimulatedDisk(i, i == VOLUMES - 1 && random.nextBoolean()));
      objects.add("pv-" + i, new UUID(random.nextLong(), i).toString(), path.toString());
    }
    begin();
  }

  /** A new process begins; the API and the host are as they are. */
  private void begin() throws IOException {
    time.beginLife();
    reported = 0;
    host.reportedInUse = Set.of();
    host.killIn = 0;
    process = new SimulatedProcess(NODE, host, objects, time::now);
    time.after(
        random.nextInt(3000),
        () -> {
          pods.values().stream()
              .filter(pod -> !pod.released)
              .forEach(pod -> learn(new VolumeEvent.Demanded(new PodDemand.Holds(pod.ref))));
          learn(new VolumeEvent.AllKnown());
          pods.values().forEach(this::demand);
          wipes();
        });
    look();
    act();
  }

  /** Looks at the mount table again and again, as the loop does. */
  private void look() {
    time.after(
        10_000,
        () -> {
          try {
            learn(new VolumeEvent.Seen(process.reconstructor.mounted()));
          } catch (IOException e) {
            throw new AssertionError(e);
          }
          look();
        });
  }

  void run(int steps) throws IOException {
    for (var i = 0; i < steps; i++) {
      happen();
      pass(Duration.ofMillis(random.nextInt(2000)));
    }
    settle();
  }

  private void happen() throws IOException {
    switch (random.nextInt(14)) {
      case 0, 1, 2, 3 -> addPod();
      case 4, 5, 6 -> deletePod();
      case 7 -> host.killIn = 1 + random.nextInt(25);
      case 8 -> kill("killed");
      case 9 -> reboot();
      case 10 -> note(host.breakDisk());
      case 11 -> {
        host.repairDisks();
        note("disks are well");
      }
      case 12 -> requestWipe();
      default -> pass(Duration.ofSeconds(random.nextInt(150)));
    }
  }

  private void addPod() {
    if (pods.values().stream().filter(pod -> !pod.released).count() >= MOST_PODS) {
      return;
    }
    var uid = "pod-" + podNumber++;
    var volumes =
        random
            .ints(1 + random.nextInt(2), 0, VOLUMES)
            .distinct()
            .mapToObj(i -> "pv-" + i)
            .filter(name -> !WipeProtocol.isDirty(objects.view(name)))
            .toList();
    var pod = new SimulatedPod(new PodRef(uid, "default", uid), volumes, random.nextInt(3) == 0);
    pods.put(uid, pod);
    host.wanting.add(uid);
    note("pod " + uid + " wants " + volumes);
    demand(pod);
    act();
  }

  private void deletePod() {
    var candidates = pods.values().stream().filter(pod -> !pod.deleted).toList();
    if (candidates.isEmpty()) {
      return;
    }
    delete(candidates.get(random.nextInt(candidates.size())));
  }

  private void delete(SimulatedPod pod) {
    pod.deleted = true;
    host.wanting.remove(pod.ref.uid());
    note("pod " + pod.ref.uid() + " is deleted");
    demand(pod);
    time.whateverLife(
        random.nextInt(5000),
        () -> {
          host.running.remove(pod.ref.uid());
          pod.released = true;
          demand(pod);
          act();
        });
    act();
  }

  private void demand(SimulatedPod pod) {
    learn(pod.demand(objects));
  }

  private void kill(String how) throws IOException {
    note(how);
    host.takeLeftLate();
    begin();
  }

  private void reboot() throws IOException {
    host.reboot();
    if (random.nextInt(3) == 0) {
      note(host.swapDisks());
    }
    kill("rebooted");
  }

  /** The claim of a volume that no pod names is deleted. */
  private void requestWipe() {
    var name = "pv-" + random.nextInt(VOLUMES);
    var used = pods.values().stream().anyMatch(pod -> !pod.deleted && pod.volumes.contains(name));
    if (used || WipeProtocol.isDirty(objects.view(name))) {
      return;
    }
    objects.requestWipe(name, NODE);
    host.disks.values().stream()
        .filter(disk -> disk.recordedFor.equals(objects.view(name).metadata().uid()))
        .forEach(host.toWipe::add);
    note("wipe of " + name + " requested");
    wipes();
    act();
  }

  private void wipes() {
    var requests = new ArrayList<WipeRequest>();
    for (var i = 0; i < VOLUMES; i++) {
      var volume = objects.view("pv-" + i);
      if (WipeProtocol.isRequestedOf(volume, NODE)
          && WipeProtocol.of(volume) instanceof WipeProtocol.Requested(var generation)) {
        requests.add(
            new WipeRequest(LocalVolumes.id("pv-" + i), volume.metadata().uid(), generation));
      }
    }
    learn(new VolumeEvent.WipesRequested(requests));
  }

  private void learn(VolumeEvent event) {
    process.world.learn(event, time.now());
  }

  /** Lets the state machine decide, and its operations take some time. */
  private void act() {
    var decision = process.world.decide(time.now());
    for (var operation : decision.start()) {
      check(operation);
      time.after(random.nextInt(400), () -> carryOut(operation));
    }
    if (decision.report() != reported) {
      var report = decision.report();
      reported = report;
      var told = time.now().plusMillis(random.nextInt(50));
      lastTold = told.isAfter(lastTold) ? told : lastTold;
      time.at(
          lastTold,
          () -> {
            host.reportedInUse =
                decision.inUse().stream().map(VolumeId::name).collect(Collectors.toSet());
            learn(new VolumeEvent.InUseReported(report));
          });
    }
    decision.wake().ifPresent(wake -> time.at(wake, () -> learn(new VolumeEvent.Tick())));
    startContainers();
  }

  private void check(VolumeOperation operation) {
    if (operation instanceof VolumeOperation.Unpublish(var from)) {
      must(!host.wanting.contains(from.pod().uid()), "unpublishes what a pod wants: " + from);
      must(!host.running.contains(from.pod().uid()), "unpublishes under a container: " + from);
    }
  }

  private void carryOut(VolumeOperation operation) {
    Attempt attempt;
    try {
      attempt = process.operations.carryOut(operation);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    var stuck = host.takeLeftLate();
    note(
        operation.key().kind()
            + " "
            + operation.volume()
            + ": "
            + attempt
            + (stuck ? " stuck" : ""));
    learn(new VolumeEvent.Ended(operation, attempt, !stuck));
    if (stuck) {
      var effect = host.late.getLast();
      var happens = random.nextInt(4) > 0;
      time.whateverLife(
          random.nextInt(200_000),
          () -> {
            if (host.late.remove(effect) && happens) {
              note("a stuck program went on");
              effect.run();
            }
          });
      time.after(200_001, () -> learn(new VolumeEvent.Settled(operation.volume())));
    }
    if (operation instanceof VolumeOperation.Wipe && attempt instanceof Attempt.Done) {
      wipes();
    }
  }

  private void startContainers() {
    for (var pod : pods.values()) {
      var uid = pod.ref.uid();
      if (pod.deleted
          || host.running.contains(uid)
          || !(process.world.readiness(uid) instanceof VolumeReadiness.Ready)) {
        continue;
      }
      var wants = pod.wants(objects);
      if (wants.volumes().stream().allMatch(this::verified)) {
        wants.volumes().forEach(this::write);
        host.running.add(uid);
        started++;
      }
    }
  }

  private boolean verified(PodVolume volume) {
    try {
      var problem = process.operations.verify(volume);
      problem.ifPresent(why -> learn(new VolumeEvent.Suspected(volume.published(), why)));
      return problem.isEmpty();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** A container writes: it must be to the disk that holds this volume's data, and no other's. */
  private void write(PodVolume volume) {
    if (volume.source() instanceof VolumeSource.Local local) {
      var target = host.paths.podVolume(volume.published());
      var mount = host.at(target);
      must(mount.isPresent(), "a container started without its volume: " + target);
      var disk = mount.orElseThrow().disk();
      must(
          disk.dataOf.isEmpty() || disk.dataOf.equals(local.uid()),
          "a container got the data of another volume: " + disk.serial);
      var own = host.diskOf(local.uid());
      must(own.isEmpty() || own.get() == disk, "a container got an empty disk instead of its own");
      disk.dataOf = local.uid();
    }
  }

  private void note(String text) {
    history.add(time.now() + " " + text);
  }

  List<String> history() {
    return history;
  }

  private void pass(Duration duration) throws IOException {
    var until = time.now().plus(duration);
    for (var next = time.next(until); next.isPresent(); next = time.next(until)) {
      try {
        next.get().run();
        act();
      } catch (SimulatedCrash crash) {
        kill("killed at a step");
      }
    }
    try {
      act();
    } catch (SimulatedCrash crash) {
      kill("killed at a step");
    }
  }

  /** All is well again: everything must come to its end, and nothing may be left. */
  private void settle() throws IOException {
    note("from here on all is well");
    host.faults = false;
    host.killIn = 0;
    host.repairDisks();
    host.reboot();
    putDisksBack();
    kill("rebooted");
    pass(Duration.ofMinutes(10));
    for (var pod : pods.values()) {
      if (!pod.deleted && pod.volumes.stream().allMatch(this::usable)) {
        must(
            host.running.contains(pod.ref.uid()),
            "pod %s does not run: %s"
                .formatted(pod.ref.uid(), process.world.readiness(pod.ref.uid())));
      }
    }
    pods.values().stream().filter(pod -> !pod.deleted).forEach(this::delete);
    pass(Duration.ofMinutes(10));
    must(host.mounts.isEmpty(), "mounts are left: " + host.mounts);
    must(process.world.pods().isEmpty(), "volumes of pods are left: " + process.world.pods());
    must(
        process.world.staged().isEmpty(),
        "volumes of the node are left: " + process.world.staged());
    try (var left = Files.walk(host.paths.pods())) {
      var files = left.filter(Files::isRegularFile).toList();
      must(files.isEmpty(), "records are left: " + files);
    }
    for (var i = 0; i < VOLUMES; i++) {
      must(!WipeProtocol.isDirty(objects.view("pv-" + i)), "pv-" + i + " was never wiped");
    }
  }

  /** A volume whose only disk carries something of others, or forgotten debris, waits for ever. */
  private boolean usable(String volume) {
    var uid = objects.view(volume).metadata().uid();
    var slot = host.disks.get(objects.path(volume));
    return slot != null
        && switch (slot.content) {
          case BLANK -> true;
          case FILE_SYSTEM -> slot.fsUuid.equals(uid);
          case DEBRIS -> process.tools.begunFor(uid).filter(slot.serial::equals).isPresent();
          case FOREIGN -> false;
        };
  }

  /** Every volume finds its own disk at its path, those without one find any other. */
  private void putDisksBack() {
    var free = new ArrayList<>(host.disks.values());
    var placed = new LinkedHashMap<Path, SimulatedDisk>();
    for (var i = 0; i < VOLUMES; i++) {
      var uid = objects.view("pv-" + i).metadata().uid();
      var formatted = process.tools.formattedFor(uid);
      var own =
          host.diskOf(uid)
              .or(
                  () ->
                      host.disks.values().stream()
                          .filter(disk -> formatted.filter(disk.serial::equals).isPresent())
                          .findFirst());
      if (own.isPresent()) {
        placed.put(objects.path("pv-" + i), own.get());
        free.remove(own.get());
      }
    }
    host.disks.replaceAll(
        (path, disk) -> placed.containsKey(path) ? placed.get(path) : free.removeFirst());
  }
}
