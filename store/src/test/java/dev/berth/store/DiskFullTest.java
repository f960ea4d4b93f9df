package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static dev.berth.store.StoreFixture.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction;
import dev.berth.core.storage.Watch;
import dev.berth.store.StoreConfig.Space;
import dev.berth.store.StoreConfig.Watches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real disk that is full: reading goes on, nothing acknowledged is lost, writing resumes. */
class DiskFullTest {
  private static final long MIB = 1 << 20;

  private final StoreFixture fixture = new StoreFixture();
  private LoopDisk disk;
  private Path directory;
  private int acknowledged;

  @TempDir Path temp;

  DiskFullTest() {
    // The watches are to outlive what is done, however little they are looked at.
    fixture.config = StoreFixture.SMALL.withWatches(new Watches(100_000, 64 * MIB));
  }

  @BeforeEach
  void makeDisk() throws Exception {
    disk = LoopDisk.make(temp.resolve("disk"), 64 * MIB, "mkfs.ext4", "-q", "-F", "-m", "0");
    directory = disk.root().resolve("store");
    fixture.freeBytes = () -> directory.toFile().getUsableSpace();
  }

  @AfterEach
  void removeDisk() throws Exception {
    disk.close();
  }

  @Test
  void aDiskThatIsFullInTheMiddleOfAWrite() throws Exception {
    fillAndDrain(1);
  }

  @Test
  @Tag("long")
  void aDiskThatIsFullInTheMiddleOfAWriteAgainAndAgain() throws Exception {
    fillAndDrain(5);
  }

  private void fillAndDrain(int times) throws Exception {
    // Nothing stops before the disk does.
    fixture.config = fixture.config.withSpace(new Space(0, 0));
    try (var store = fixture.open(directory);
        var watch = store.watch(Scope.everything(), 0)) {
      for (var round = 0; round < times; round++) {
        fill();
        assertThatThrownBy(() -> commitUntilFull(store))
            .hasCauseInstanceOf(StoreException.Unavailable.class);

        for (var i = 0; i < 3; i++) {
          assertThatThrownBy(() -> commit(store))
              .hasCauseInstanceOf(StoreException.Unavailable.class)
              .hasMessageContaining("is full")
              .hasMessageContaining("reading goes on");
        }
        assertReads(store, watch);
        assertSurvivesProcess(temp.resolve("copy-" + round));

        drain();
        awaitWriting(store);
        assertReads(store, watch);
      }
    }
    fixture.assertSound(directory);
  }

  @Test
  void aDiskThatIsNearlyFull() throws Exception {
    fixture.config = fixture.config.withSpace(new Space(8 * MIB, 0));
    try (var store = fixture.open(directory);
        var watch = store.watch(Scope.everything(), 0)) {
      for (var i = 0; i < 500; i++) {
        commit(store);
      }
      assertReads(store, watch);
      fill();
      free(4 * MIB);
      assertThatThrownBy(() -> commit(store))
          .hasCauseInstanceOf(StoreException.Unavailable.class)
          .hasMessageContaining("MiB free, 8 MiB needed");
      // History can be forgotten all the same, which is what frees space.
      store.compact(300);
      assertReads(store, watch);

      drain();
      commit(store);
      assertReads(store, watch);
    }
    fixture.assertSound(directory);
  }

  @Test
  void aStoreIsOpenedOnAFullDiskForReading() throws Exception {
    fixture.config = fixture.config.withSpace(new Space(8 * MIB, 6 * MIB));
    try (var store = fixture.open(directory)) {
      for (var i = 0; i < 500; i++) {
        commit(store);
      }
      await().until(() -> Files.exists(directory.resolve("reserve")));
    }
    fill();
    try (var store = fixture.open(directory);
        var watch = store.watch(Scope.everything(), 0)) {
      assertReads(store, watch);
      assertThatThrownBy(() -> commit(store)).hasCauseInstanceOf(StoreException.Unavailable.class);
      drain();
      commit(store);
    }
    fixture.assertSound(directory);
  }

  private void commitUntilFull(RocksObjectStore store) {
    // More than the log's last allocated block can take.
    for (var i = 0; i < 20_000; i++) {
      commit(store);
    }
  }

  private void commit(RocksObjectStore store) {
    var name = "p" + (acknowledged + 1);
    store.commit(Transaction.of(put(pod(name), name + "x".repeat(1_500)))).join();
    acknowledged++;
  }

  private void awaitWriting(RocksObjectStore store) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              try {
                commit(store);
                return true;
              } catch (CompletionException e) {
                assertThat(e).hasCauseInstanceOf(StoreException.Unavailable.class);
                return false;
              }
            });
  }

  private void assertReads(RocksObjectStore store, Watch watch) {
    assertThat(store.revision()).isEqualTo(acknowledged);
    assertThat(store.count(Scope.of("pods"), 0)).isEqualTo(acknowledged);
    assertThat(store.get(pod("p" + acknowledged))).isPresent();
    assertThat(store.get(pod("p" + (acknowledged + 1)))).isEmpty();
    assertThat(store.verify()).isEmpty();
    StoreCopies.awaitProgress(watch, acknowledged);
    assertThat(fixture.faults).isEmpty();
  }

  /** What is on the full disk now, opened where there is room. */
  private void assertSurvivesProcess(Path copy) throws Exception {
    StoreCopies.copy(directory, copy);
    var elsewhere = new StoreFixture();
    try (var store = elsewhere.open(copy)) {
      assertThat(store.count(Scope.of("pods"), 0)).isEqualTo(acknowledged);
      assertThat(store.verify()).isEmpty();
    }
    elsewhere.assertSound(copy);
  }

  private void fill() throws IOException {
    var chunk = ByteBuffer.allocate(1 << 16);
    try (var filler =
        FileChannel.open(
            disk.root().resolve("filler"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      try {
        while (true) {
          filler.write(chunk.rewind());
        }
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("No space left");
      }
    }
  }

  private void free(long bytes) throws IOException {
    try (var filler = FileChannel.open(disk.root().resolve("filler"), StandardOpenOption.WRITE)) {
      filler.truncate(filler.size() - bytes);
    }
  }

  private void drain() throws IOException {
    Files.delete(disk.root().resolve("filler"));
  }
}
