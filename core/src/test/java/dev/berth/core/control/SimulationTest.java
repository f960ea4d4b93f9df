package dev.berth.core.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/**
 * Many small worlds, each from a seed. To see one that failed again, run this test with {@code
 * -Dberth.seed=SEED}.
 */
class SimulationTest {
  private static final int WORLDS = 2000;
  private static final int MANY_WORLDS = 5000;
  private static final int MOST_WORLDS_TO_FIND_A_BUG = 300;

  @Test
  void everyWorldKeepsItsRules() {
    var only = Long.getLong("berth.seed");
    if (only != null) {
      new SimulatedWorld(only, PlantedBug.NONE).run();
      return;
    }
    runWorlds(1, WORLDS);
  }

  @Test
  @Tag("long")
  void manyMoreWorldsKeepTheirRules() {
    runWorlds(WORLDS + 1, MANY_WORLDS);
  }

  /** Each world has one thread; several live at a time. The first seed that fails is told. */
  private static void runWorlds(long first, long last) {
    var failed =
        LongStream.rangeClosed(first, last)
            .parallel()
            .mapToObj(SimulationTest::failure)
            .flatMap(Optional::stream)
            .findFirst();
    if (failed.isPresent()) {
      throw failed.get();
    }
  }

  private static Optional<AssertionError> failure(long seed) {
    try {
      new SimulatedWorld(seed, PlantedBug.NONE).run();
      return Optional.empty();
    } catch (AssertionError e) {
      return Optional.of(
          new AssertionError(
              "the world of seed %d: %s (replay with -Dberth.seed=%d)"
                  .formatted(seed, e.getMessage(), seed),
              e));
    }
  }

  @Test
  void aWorldIsTheSameEachTime() {
    assertThat(outcome(7, PlantedBug.SPLIT_COMMIT)).isEqualTo(outcome(7, PlantedBug.SPLIT_COMMIT));
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
  void aPlantedBugIsFound(PlantedBug bug) {
    var found =
        LongStream.rangeClosed(1, MOST_WORLDS_TO_FIND_A_BUG)
            .parallel()
            .anyMatch(seed -> !outcome(seed, bug).isEmpty());
    assertThat(found)
        .as("%s was found in one of %d worlds", bug, MOST_WORLDS_TO_FIND_A_BUG)
        .isTrue();
  }

  private static String outcome(long seed, PlantedBug bug) {
    try {
      new SimulatedWorld(seed, bug).run();
      return "";
    } catch (AssertionError e) {
      return String.valueOf(e.getMessage());
    }
  }
}
