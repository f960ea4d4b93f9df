package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static dev.berth.store.StoreFixture.put;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.core.storage.Scope;
import dev.berth.core.storage.Transaction;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the database's list of files may look like after a power cut, and what only damage looks
 * like. The store is copied while it is open; to the copy's list a record is added that RocksDB was
 * just writing, or a record of it is spoiled.
 */
class TornManifestTest {
  private static final int COMMITS = 40;

  private final StoreFixture fixture = new StoreFixture();
  private RocksObjectStore store;
  private int copies;

  @TempDir Path temp;

  @BeforeEach
  void open() throws Exception {
    try (var first = fixture.open(temp.resolve("store"))) {
      commit(first, COMMITS / 2);
    }
    // Opening writes the log's content into tables, and so into the list.
    store = fixture.open(temp.resolve("store"));
    commit(store, COMMITS);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static void commit(RocksObjectStore store, int upTo) {
    for (var i = store.count(Scope.of("pods"), 0) + 1; i <= upTo; i++) {
      store.commit(Transaction.of(put(pod("p" + i), "x".repeat(5_000)))).join();
    }
  }

  @Test
  void anEndThatIsThereInPartIsDropped() throws Exception {
    for (var damage : List.of(1, 5, 20, 60)) {
      var manifest = copy();
      var record = lastRecord(manifest);
      var size = Files.size(manifest);
      // The same record again, of which the last bytes read as zeros.
      append(manifest, record);
      overwrite(manifest, size + record.length - damage, new byte[damage]);
      assertOpens(Files.readAllBytes(manifest));
    }
  }

  @Test
  void anEndOfOldBytesIsDropped() throws Exception {
    var manifest = copy();
    var old = new byte[3_000];
    // Small enough to be a length.
    Arrays.fill(old, (byte) 1);
    append(manifest, old);
    assertOpens(Files.readAllBytes(manifest));
  }

  @Test
  void anEndThatWasCutOffOrReadsAsZerosIsNoneForRocksDb() throws Exception {
    var cut = copy();
    var record = lastRecord(cut);
    append(cut, Arrays.copyOf(record, record.length - 9));
    assertOpens(null);

    var zeros = copy();
    append(zeros, new byte[200]);
    assertOpens(null);
  }

  @Test
  void anEndOfWhichTheNextBlockIsMissingIsTorn() throws Exception {
    var database = Files.createDirectories(temp.resolve("made/rocksdb"));
    Files.writeString(database.resolve("CURRENT"), "MANIFEST-1\n");
    var whole = fragment(1, new byte[100]);
    var first = fragment(2, new byte[32 * 1024 - whole.length - LogFile.HEAD]);
    var manifest = ByteBuffer.allocate(64 * 1024).put(whole).put(first).array();
    Files.write(database.resolve("MANIFEST-1"), manifest);

    try (var directory = StoreDirectory.open(withFormat(temp.resolve("made")))) {
      var torn = TornManifest.find(directory).orElseThrow();
      torn.cutOff();
      assertThat(database.resolve("MANIFEST-1")).hasBinaryContent(whole);
      torn.putBack();
      assertThat(database.resolve("MANIFEST-1")).hasBinaryContent(manifest);
    }
  }

  private static Path withFormat(Path store) throws IOException {
    StoreDirectory.writeFormat(store);
    return store;
  }

  private static byte[] fragment(int type, byte[] data) {
    var crc = new CRC32C();
    crc.update(type);
    crc.update(data);
    return ByteBuffer.allocate(LogFile.HEAD + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8)
        .putShort((short) data.length)
        .put((byte) type)
        .put(data)
        .array();
  }

  @Test
  void damageInFrontOfReadableRecordsIsDamage() throws Exception {
    var manifest = copy();
    var offsets = offsets(manifest);
    assertThat(offsets).hasSizeGreaterThan(3);
    overwrite(manifest, offsets.get(1) + LogFile.HEAD + 2, new byte[] {(byte) 0xff});
    assertDamaged(manifest);
  }

  @Test
  void aDurableEndThatIsGoneIsDamage() throws Exception {
    // Everything is in tables that only the list's last records name, and in no log.
    store.close();
    fixture.open(temp.resolve("store")).close();
    var offsets = offsets(copy());
    var refused = 0;
    for (var spoiled = offsets.size() - 1; spoiled > 0; spoiled--) {
      var manifest = copy();
      overwrite(manifest, offsets.get(spoiled) + LogFile.HEAD, new byte[] {(byte) 0xff});
      // What lies behind it is gone as well.
      truncate(manifest, spoiled + 1 < offsets.size() ? offsets.get(spoiled + 1) : null);
      refused += isRefusedOrWhole(manifest) ? 1 : 0;
    }
    assertThat(refused).isPositive();
  }

  /** A copy of the store as a death of its process would leave it; yields its list of files. */
  private Path copy() throws IOException {
    copies++;
    StoreCopies.copy(temp.resolve("store"), lastCopy());
    var database = StoreDirectory.database(lastCopy());
    return database.resolve(Files.readString(database.resolve("CURRENT"), US_ASCII).strip());
  }

  private Path lastCopy() {
    return temp.resolve("copy-" + copies);
  }

  private void assertOpens(byte @Nullable [] kept) throws Exception {
    assertWhole();
    var torn = lastCopy().resolve("manifest.torn");
    if (kept == null) {
      assertThat(torn).doesNotExist();
    } else {
      assertThat(torn).hasBinaryContent(kept);
    }
    assertWhole();
  }

  private void assertWhole() throws Exception {
    try (var opened = fixture.open(lastCopy())) {
      assertThat(opened.count(Scope.of("pods"), 0)).isEqualTo(COMMITS);
      assertThat(opened.verify()).isEmpty();
      var next = opened.commit(Transaction.of(put(pod("p1"), "next"))).join();
      assertThat(next.revision()).isGreaterThan(COMMITS);
    }
    fixture.assertSound(lastCopy());
  }

  private void assertDamaged(Path manifest) throws IOException {
    var before = Files.readAllBytes(manifest);
    assertThatThrownBy(() -> fixture.open(lastCopy()))
        .isInstanceOf(StoreOpenException.Damaged.class)
        .hasMessageContaining("restore a backup");
    assertThat(manifest).hasBinaryContent(before);
  }

  /** Never open with something missing. */
  private boolean isRefusedOrWhole(Path manifest) throws Exception {
    var before = Files.readAllBytes(manifest);
    try {
      fixture.open(lastCopy()).close();
    } catch (StoreOpenException.Damaged e) {
      assertThat(manifest).hasBinaryContent(before);
      return true;
    }
    assertWhole();
    return false;
  }

  private static List<Long> offsets(Path manifest) throws IOException {
    var offsets = new ArrayList<Long>();
    LogFile.read(manifest, (offset, type, data) -> offsets.add(offset));
    return offsets;
  }

  private static byte[] lastRecord(Path manifest) throws IOException {
    var bytes = Files.readAllBytes(manifest);
    return Arrays.copyOfRange(bytes, offsets(manifest).getLast().intValue(), bytes.length);
  }

  private static void append(Path file, byte[] bytes) throws IOException {
    overwrite(file, Files.size(file), bytes);
  }

  private static void overwrite(Path file, long offset, byte[] bytes) throws IOException {
    try (var opened = new RandomAccessFile(file.toFile(), "rw")) {
      opened.seek(offset);
      opened.write(bytes);
    }
  }

  private static void truncate(Path file, @Nullable Long bytes) throws IOException {
    if (bytes != null) {
      try (var opened = new RandomAccessFile(file.toFile(), "rw")) {
        opened.setLength(bytes);
      }
    }
  }
}
