package dev.berth.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A power cut loses nothing that was acknowledged. The store lies on ext4 in a file on xfs; a copy
 * of the file that shares its blocks, made at a random moment under load, is the disk as it would
 * be after a cut at that moment.
 */
class PowerCutTest {
  private static final int WRITERS = 16;
  private static final long MIB = 1 << 20;

  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path temp;

  private record Cut(Path image, int[] acknowledged) {}

  @Test
  void nothingAcknowledgedIsLostWhenThePowerIsCut() throws Exception {
    cutAgainAndAgain(20);
  }

  @Test
  @Tag("long")
  void nothingAcknowledgedIsLostWhenThePowerIsCutVeryOften() throws Exception {
    for (var i = 0; i < 10; i++) {
      cutAgainAndAgain(40);
    }
  }

  private void cutAgainAndAgain(int times) throws Exception {
    var seed = new SplittableRandom().nextLong();
    try (var shelf =
        LoopDisk.make(
            temp.resolve("shelf"), 2048 * MIB, "mkfs.xfs", "-q", "-f", "-m", "reflink=1")) {
      var cuts = cut(shelf.root(), times, new SplittableRandom(seed));
      for (var i = 0; i < times; i++) {
        try {
          assertKept(cuts.get(i));
        } catch (AssertionError | IOException e) {
          throw new AssertionError("after cut " + i + " with seed " + seed, e);
        }
      }
    }
  }

  private List<Cut> cut(Path shelf, int times, SplittableRandom random) throws Exception {
    var cuts = new ArrayList<Cut>();
    try (var disk = LoopDisk.make(shelf.resolve("disk"), 256 * MIB, "mkfs.ext4", "-q", "-F");
        var store = fixture.open(disk.root().resolve("store"))) {
      var acknowledged = new PairWriters.Newest(WRITERS);
      PairWriters.start(store, WRITERS, 1, acknowledged);
      for (var i = 0; i < times; i++) {
        // Not a wait for anything: the moment is to be a random one.
        LockSupport.parkNanos(random.nextInt(30_000_000));
        var before = acknowledged.numbers();
        var image = shelf.resolve("cut-" + i);
        LoopDisk.run(List.of("cp", "--reflink=always", disk.image().toString(), image.toString()));
        cuts.add(new Cut(image, before));
      }
      assertThat(acknowledged.total()).isGreaterThan(times);
    }
    return cuts;
  }

  private void assertKept(Cut cut) throws Exception {
    try (var disk = LoopDisk.mount(cut.image())) {
      var directory = disk.root().resolve("store");
      try (var store = fixture.open(directory)) {
        PairWriters.assertKeptAtLeast(store, 1, cut.acknowledged());
        assertThat(store.verify()).isEmpty();
      }
      fixture.assertSound(directory);
    }
  }
}
