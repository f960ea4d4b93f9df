package dev.berth.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Many lives of a node, each decided by its seed; a failure names the seed and tells the story.
 * {@code -Dberth.seed=N} lives that one alone.
 */
class VolumeSimulationTest {
  private static final int STEPS = 60;

  @Test
  void neverLosesDataNeverLeavesAnythingAlwaysConverges() throws IOException {
    var seed = Long.getLong("berth.seed");
    if (seed == null) {
      simulate(1, 100);
    } else {
      simulate(seed, 1);
    }
  }

  @Test
  @Tag("long")
  void inThousandsOfLives() throws IOException {
    simulate(1_000_000, 5_000);
  }

  private static void simulate(long firstSeed, int lives) throws IOException {
    var started = 0;
    for (var seed = firstSeed; seed < firstSeed + lives; seed++) {
      var root = Files.createTempDirectory(Path.of("/dev/shm"), "berth-simulation-");
      try {
        var simulation = new VolumeSimulation(seed, root);
        try {
          simulation.run(STEPS);
        } catch (AssertionError | RuntimeException e) {
          throw new AssertionError("seed " + seed + ": " + e + "\n" + tail(simulation), e);
        }
        started += simulation.started;
      } finally {
        delete(root);
      }
    }
    assertThat(started).as("pods started").isGreaterThan(lives * 5);
  }

  private static String tail(VolumeSimulation simulation) {
    List<String> history = simulation.history();
    return String.join("\n", history.subList(Math.max(0, history.size() - 100), history.size()));
  }

  private static void delete(Path root) throws IOException {
    try (var files = Files.walk(root)) {
      files.sorted(Comparator.reverseOrder()).forEach(SimulatedMounts::delete);
    }
  }
}
