package dev.berth.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.LoopDisks;
import dev.berth.node.plugin.FileVolumes;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.LoopVolumes;
import dev.berth.node.plugin.VolumePlugin;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every kind of volume, every step that a node makes for it, every fault: an error, a delay, a step
 * that never ends, the death of the server before and after it, a power cut. The steps are those
 * that the node is seen to make when nothing goes wrong, so that a step that is new is in the
 * matrix by itself; a plugin, or an operation of one, that no scene reaches fails the test.
 *
 * <p>After each: the server starts again, the pod gets to where it should be, its data are whole,
 * nothing was formatted twice, and nothing is left on the host. Disks, mounts and file systems are
 * real; containers only in name. {@code -Dberth.fault='a part of its name'} replays a cell.
 */
class FaultMatrixTest {
  private static final int AT_ONCE = 8;
  private static final int TRIES = 4;

  /** A part of the name of the only cells to be played; the suite plays all. */
  private static final String ONLY = System.getProperty("berth.fault", "");

  /** A cell of the matrix. */
  private record Cell(FaultScene scene, FaultStep step, Fault fault) {
    /**
     * Which cells are the same but for the moment. A node looks at what has changed when it learns
     * of it: the look that ends one phase may come in the next as well.
     */
    List<Object> look() {
      return List.of(scene.name(), step.operation(), step.call(), fault);
    }

    @Override
    public String toString() {
      return scene + ", " + step + ", " + fault;
    }
  }

  /** What was seen when nothing went wrong. */
  private record Recorded(FaultScene scene, List<FaultStep> steps, List<VolumePlugin> plugins) {}

  @RegisterExtension final LoopDisks disks = new LoopDisks();

  /** All threads of a cell are of the group of the one that plays it. */
  private final ExecutorService cells =
      Executors.newFixedThreadPool(
          AT_ONCE, cell -> new Thread(new ThreadGroup("cells"), cell, "cells"));

  private final AtomicInteger names = new AtomicInteger();
  private final Set<Cell> passed = ConcurrentHashMap.newKeySet();

  @AfterEach
  void end() throws InterruptedException {
    cells.shutdownNow();
    assertThat(cells.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
  }

  /** A part of the matrix that has something of everything. */
  @TestFactory
  Stream<DynamicTest> everyKindOfStepSurvives() throws Exception {
    return matrix(false);
  }

  /** Each step of each phase, however often it is made. */
  @TestFactory
  @Tag("long")
  Stream<DynamicTest> everyStepSurvivesEveryFault() throws Exception {
    return matrix(true);
  }

  private Stream<DynamicTest> matrix(boolean whole) throws Exception {
    var ground = FaultHost.Ground.in(disks);
    var recorded = new ArrayList<Recorded>();
    for (var recording : submit(FaultScenes.all(), scene -> record(ground, scene))) {
      recorded.add(done(recording));
    }
    var matrix =
        (whole || !ONLY.isEmpty() ? whole(recorded) : some(recorded))
            .stream().filter(cell -> cell.toString().contains(ONLY)).toList();
    var outcomes = submit(matrix, cell -> play(ground, cell));
    var tests = new ArrayList<DynamicTest>();
    tests.add(
        DynamicTest.dynamicTest(
            "every operation of every plugin is in it", () -> isComplete(recorded)));
    for (var i = 0; i < matrix.size(); i++) {
      var outcome = outcomes.get(i);
      var cell = matrix.get(i);
      tests.add(
          DynamicTest.dynamicTest(
              cell.toString(),
              () -> assertThat(done(outcome) || isReachedElsewhere(cell)).as("reached").isTrue()));
    }
    tests.add(
        DynamicTest.dynamicTest(
            "no cell is missing",
            () ->
                assertThat(matrix)
                    .filteredOn(cell -> !passed.contains(cell))
                    .allMatch(this::isReachedElsewhere)));
    return tests.stream();
  }

  /** What must be in the matrix is what the node's own plugins can be asked for. */
  private static void isComplete(List<Recorded> recorded) {
    var seen = new TreeMap<String, Set<String>>();
    recorded.forEach(
        scene ->
            scene
                .steps()
                .forEach(
                    step ->
                        seen.computeIfAbsent(scene.scene().plugin(), _ -> new TreeSet<>())
                            .add(step.operation())));
    var possible = new TreeMap<String, Set<String>>();
    for (var plugin : recorded.getFirst().plugins()) {
      possible.put(plugin.name(), operations(plugin));
    }
    assertThat(seen.keySet()).as("plugins").isEqualTo(possible.keySet());
    var made = new TreeSet<String>();
    possible.forEach(
        (plugin, operations) -> {
          assertThat(seen.get(plugin)).as("operations of %s", plugin).containsAll(operations);
          made.addAll(operations);
        });
    assertThat(made).as("operations").containsAll(FaultSeams.operations());
  }

  private static Set<String> operations(VolumePlugin plugin) {
    var operations = new TreeSet<>(Set.of("publish", "unpublish"));
    if (plugin.staged()) {
      operations.addAll(Set.of("stage", "unstage"));
    }
    if (grows(plugin)) {
      operations.add("grow");
    }
    if (plugin instanceof FileVolumes) {
      operations.add("refresh");
    }
    if (plugin instanceof LocalVolumes) {
      operations.add("wipe");
    }
    if (plugin instanceof LoopVolumes) {
      operations.add("provision");
    }
    return operations;
  }

  private static boolean grows(VolumePlugin plugin) {
    return Stream.of(plugin.getClass().getDeclaredMethods())
        .anyMatch(method -> method.getName().equals("grow"));
  }

  /** All cells. Of calls that only look, how many there are depends on who else is on the host. */
  private static List<Cell> whole(List<Recorded> recorded) {
    var cells = new LinkedHashSet<Cell>();
    for (var scene : recorded) {
      for (var step : scene.steps()) {
        for (var fault : Fault.values()) {
          if (fault.concerns(step) && (step.changes() || step.occurrence() == 0)) {
            cells.add(new Cell(scene.scene(), step, fault));
          }
        }
      }
    }
    return List.copyOf(cells);
  }

  /**
   * So many that every kind of step meets a fault, every operation of every plugin meets every
   * fault, and every kind of change meets a power cut. A delay is the same for all plugins.
   */
  private static List<Cell> some(List<Recorded> recorded) {
    var met = new HashSet<List<Object>>();
    var cells = new ArrayList<Cell>();
    for (var cell : whole(recorded)) {
      var step = cell.step();
      var plugin = cell.fault() == Fault.DELAY ? "" : cell.scene().plugin();
      var isNew = met.add(List.of(step.operation(), step.call()));
      isNew |= met.add(List.of(plugin, step.operation(), cell.fault()));
      isNew |=
          cell.fault() == Fault.POWER_CUT
              && met.add(List.of(step.operation(), step.call(), cell.fault()));
      if (isNew) {
        cells.add(cell);
      }
    }
    return cells;
  }

  private Recorded record(FaultHost.Ground ground, FaultScene scene) throws Exception {
    try (var cell = new FaultCell(ground, "record-" + names.incrementAndGet(), null, false)) {
      play(scene, cell);
      return new Recorded(scene, cell.made(), cell.plugins());
    }
  }

  /**
   * Whether this fault at this look has passed at another moment of the scene. Of what changes
   * anything, each step is reached itself.
   */
  private boolean isReachedElsewhere(Cell cell) {
    return !cell.step().changes()
        && passed.stream().anyMatch(other -> other.look().equals(cell.look()));
  }

  /** Whether the fault has happened; if so, all is as it should be. */
  private boolean play(FaultHost.Ground ground, Cell cell) throws Exception {
    for (var tries = 1; tries <= TRIES; tries++) {
      var plan = new FaultSeams.Plan(cell.step(), cell.fault());
      var name = "cell-" + names.incrementAndGet();
      // Some steps are made only a while after another, others only at once.
      try (var played = new FaultCell(ground, name, plan, tries % 2 == 0)) {
        play(cell.scene(), played);
        passed.add(cell);
        return true;
      } catch (FaultCell.NotReached e) {
        // Other threads were faster this time, or slower.
      }
    }
    return false;
  }

  private static void play(FaultScene scene, FaultCell cell) throws Exception {
    scene.prepare().with(cell);
    cell.start();
    for (var phase : scene.phases(cell.plan())) {
      cell.play(phase);
    }
    cell.leavesNothing();
  }

  @FunctionalInterface
  private interface Step<T, R> {
    R of(T subject) throws Exception;
  }

  private <T, R> List<Future<R>> submit(List<T> subjects, Step<T, R> step) {
    var futures = new ArrayList<Future<R>>();
    for (var subject : subjects) {
      futures.add(cells.submit((Callable<R>) () -> step.of(subject)));
    }
    return futures;
  }

  private static <R> R done(Future<R> outcome) throws Exception {
    try {
      return outcome.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error failure) {
        throw failure;
      }
      throw e.getCause() instanceof Exception failure ? failure : e;
    }
  }
}
