package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static dev.berth.store.StoreFixture.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.core.storage.Commit;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.Transaction;
import dev.berth.core.storage.Transaction.Durability;
import dev.berth.store.StoreConfig.Memory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a write-ahead log may look like after a power cut, and what only damage looks like. The
 * store is copied while it is in use, and the copy's log is spoiled and opened.
 */
class TornLogTest {
  private static final int COMMITS = 10;

  private final StoreFixture used = new StoreFixture();
  private final StoreFixture fixture = new StoreFixture();
  private final AtomicReference<ObstacleWriter> obstacle = new AtomicReference<>();
  private RocksObjectStore store;
  private long logBytes;
  private int copies;

  @TempDir Path temp;

  TornLogTest() {
    // All of it fits into memory, so that there is one log only.
    used.config = StoreFixture.SMALL.withMemory(new Memory(1 << 16, 1 << 20, 4 << 20));
    used.writer =
        database -> {
          obstacle.set(new ObstacleWriter(database));
          return obstacle.get();
        };
  }

  @BeforeEach
  void open() throws Exception {
    store = used.open(temp.resolve("store"));
    for (var i = 1; i <= COMMITS; i++) {
      commit("acknowledged-" + i, Durability.SYNCED).join();
    }
    logBytes = Files.size(StoreCopies.newestLog(temp.resolve("store")));
  }

  @AfterEach
  void close() {
    obstacle.get().release();
    store.close();
  }

  /** Larger than a block of the log, so that it is written in several fragments. */
  private CompletableFuture<Commit> commit(String name, Durability durability) {
    var steps =
        List.<Transaction.Step>of(put(pod(name), "x".repeat(50_000)), put(pod(name + "-too"), "y"));
    return store.commit(new Transaction(steps, durability));
  }

  /** A copy in which a commit was written that nobody was told of; yields the log's new size. */
  private long copyWithUnacknowledged() throws Exception {
    if (copies == 0) {
      obstacle.get().hold();
      commit("torn", Durability.SYNCED);
      obstacle.get().awaitWritten();
    }
    return Files.size(StoreCopies.newestLog(copy()));
  }

  private Path copy() throws IOException {
    copies++;
    StoreCopies.copy(temp.resolve("store"), lastCopy());
    return lastCopy();
  }

  private Path lastCopy() {
    return temp.resolve("copy-" + copies);
  }

  @Test
  void anUntornLogIsWhole() throws Exception {
    copyWithUnacknowledged();

    assertOpens(COMMITS + 1);
  }

  @Test
  void anEndThatWasCutOffIsDropped() throws Exception {
    for (var bytes : List.of(1, 7, 100, 40_000, 50_000)) {
      var size = copyWithUnacknowledged();
      truncate(lastCopy(), size - bytes);
      assertOpens(COMMITS);
    }
    copyWithUnacknowledged();
    truncate(lastCopy(), logBytes + 3);
    assertOpens(COMMITS);
  }

  @Test
  void anEndThatReadsAsZerosIsDropped() throws Exception {
    for (var bytes : List.of(2, 4_096, 32_768, 45_000)) {
      var size = copyWithUnacknowledged();
      overwrite(lastCopy(), size - bytes, new byte[bytes]);
      assertOpens(COMMITS);
    }
    // Nothing of it arrived, but the file's size did.
    var size = copyWithUnacknowledged();
    overwrite(lastCopy(), logBytes, new byte[(int) (size - logBytes)]);
    assertOpens(COMMITS);
  }

  @Test
  void anEndOfWhichOnlyTheLastPartArrivedIsDropped() throws Exception {
    copyWithUnacknowledged();
    overwrite(lastCopy(), logBytes + 100, new byte[20_000]);
    assertOpens(COMMITS);

    copyWithUnacknowledged();
    var old = new byte[4_096];
    Arrays.fill(old, (byte) 0x5a);
    overwrite(lastCopy(), logBytes + 10, old);
    assertOpens(COMMITS);
  }

  @Test
  void anAcknowledgedEndThatIsGoneIsDamage() throws Exception {
    for (var bytes : List.of(1, 100, 40_000)) {
      truncate(copy(), logBytes - bytes);
      assertDamaged("it ends at revision 18, but 20 was acknowledged");
    }
    overwrite(copy(), logBytes - 30_000, new byte[100]);
    assertDamaged("it can be read up to revision 18, but 20 was durable");
  }

  @Test
  void damageInTheMiddleIsDamage() throws Exception {
    copyWithUnacknowledged();
    overwrite(lastCopy(), logBytes / 2, new byte[100]);
    assertDamaged("but 20 was durable");

    // Without the note beside the database, what lies behind the place proves the same.
    copyWithUnacknowledged();
    overwrite(lastCopy(), logBytes / 2, new byte[100]);
    Files.delete(lastCopy().resolve("acknowledged"));
    assertDamaged("but 20 was durable");
  }

  @Test
  void relaxedCommitsMayBeLostWithWhatIsBehindThem() throws Exception {
    commit("first-relaxed", Durability.RELAXED).join();
    commit("synced-with-ceiling", Durability.SYNCED).join();
    var before = Files.size(StoreCopies.newestLog(temp.resolve("store")));
    commit("relaxed", Durability.RELAXED).join();
    commit("relaxed-again", Durability.RELAXED).join();

    // The first of the two did not arrive, the second did.
    overwrite(copy(), before + 200, new byte[10_000]);

    try (var opened = fixture.open(lastCopy())) {
      assertThat(opened.get(pod("synced-with-ceiling"))).isPresent();
      assertThat(opened.get(pod("relaxed"))).isEmpty();
      assertThat(opened.get(pod("relaxed-again"))).isEmpty();
      // Somebody may have seen the revisions of both.
      assertThat(opened.revision()).isGreaterThan(store.revision());
      assertThat(opened.verify()).isEmpty();
    }
    fixture.assertSound(lastCopy());
  }

  /** Opens the copy, checks it, and goes on with it. */
  private void assertOpens(int commits) throws Exception {
    try (var opened = fixture.open(lastCopy())) {
      assertThat(opened.count(Scope.of("pods"), 0)).isEqualTo(2L * commits);
      assertThat(opened.revision()).isEqualTo(2L * commits);
      assertThat(opened.verify()).isEmpty();
      var next = opened.commit(Transaction.of(put(pod("next"), "next"))).join();
      assertThat(next.revision()).isEqualTo(2L * commits + 1);
    }
    fixture.assertSound(lastCopy());
  }

  private void assertDamaged(String what) {
    assertThatThrownBy(() -> fixture.open(lastCopy()))
        .isInstanceOf(StoreOpenException.Damaged.class)
        .hasMessageContaining(what);
  }

  private static void truncate(Path copy, long bytes) throws IOException {
    try (var log = FileChannel.open(StoreCopies.newestLog(copy), StandardOpenOption.WRITE)) {
      log.truncate(bytes);
    }
  }

  private static void overwrite(Path copy, long offset, byte[] bytes) throws IOException {
    try (var log = FileChannel.open(StoreCopies.newestLog(copy), StandardOpenOption.WRITE)) {
      log.write(ByteBuffer.wrap(bytes), offset);
    }
  }
}
