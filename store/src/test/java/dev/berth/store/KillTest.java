package dev.berth.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed at any moment loses nothing that it has acknowledged. */
class KillTest {
  private static final int WRITERS = 16;

  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path temp;

  @Test
  void nothingAcknowledgedIsLostWhenTheProcessIsKilled() throws Exception {
    killAgainAndAgain(20);
  }

  @Test
  @Tag("long")
  void nothingAcknowledgedIsLostWhenTheProcessIsKilledVeryOften() throws Exception {
    killAgainAndAgain(200);
  }

  private void killAgainAndAgain(int times) throws Exception {
    var seed = new SplittableRandom().nextLong();
    var random = new SplittableRandom(seed);
    var directory = temp.resolve("store");
    for (var run = 1; run <= times; run++) {
      var acknowledged = new PairWriters.Newest(WRITERS);
      try (var process = WritingProcess.start(temp, directory, WRITERS, run)) {
        process.killAfter(random.nextInt(1, 300), acknowledged);
      }
      try (var store = fixture.open(directory)) {
        PairWriters.assertKept(store, run, acknowledged.numbers());
        assertThat(store.verify()).isEmpty();
      } catch (AssertionError e) {
        throw new AssertionError("after kill " + run + " with seed " + seed, e);
      }
    }
    fixture.assertSound(directory);
  }
}
