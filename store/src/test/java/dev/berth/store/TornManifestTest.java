package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static dev.berth.store.StoreFixture.put;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

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
      tear(manifest, damage);
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
    var refused = 0;
    for (var spoiled = offsets(copy()).size() - 1; spoiled > 0; spoiled--) {
      var manifest = spoil(copy(), spoiled);
      refused += isRefusedOrWhole(manifest, Files.readAllBytes(manifest)) ? 1 : 0;
    }
    assertThat(refused).isPositive();
  }

  /** Makes a record unreadable; what lies behind it is gone as well. */
  private static Path spoil(Path manifest, int number) throws IOException {
    var offsets = offsets(manifest);
    overwrite(manifest, offsets.get(number) + LogFile.HEAD, new byte[] {(byte) 0xff});
    truncate(manifest, number + 1 < offsets.size() ? offsets.get(number + 1) : null);
    return manifest;
  }

  /** How far an opening comes before its process dies. */
  enum Death {
    COPYING {
      @Override
      void after(StoreDirectory directory, Path manifest) throws IOException {
        var half = Arrays.copyOf(Files.readAllBytes(manifest), 100);
        Files.write(directory.path().resolve("manifest.new"), half);
      }
    },
    COPIED {
      @Override
      void after(StoreDirectory directory, Path manifest) throws IOException {
        var whole = Files.readAllBytes(manifest);
        TornManifest.find(directory).orElseThrow().cutOff();
        Files.write(manifest, whole);
      }
    },
    CUT {
      @Override
      void after(StoreDirectory directory, Path manifest) throws IOException {
        TornManifest.find(directory).orElseThrow().cutOff();
      }
    },
    PUT_BACK {
      @Override
      void after(StoreDirectory directory, Path manifest) throws IOException {
        var torn = TornManifest.find(directory).orElseThrow();
        torn.cutOff();
        torn.putBack();
      }
    };

    abstract void after(StoreDirectory directory, Path manifest) throws IOException;

    void happens(Path store, Path manifest) throws IOException {
      try (var directory = StoreDirectory.open(store)) {
        after(directory, manifest);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void afterADeathBeforeItIsKnownWhatIsMissedEverythingIsAskedAgain(Death death) throws Exception {
    var torn = copy();
    tear(torn, 20);
    var found = Files.readAllBytes(torn);
    death.happens(lastCopy(), torn);
    assertOpens(found);
  }

  @ParameterizedTest
  @EnumSource
  void aDurableEndThatIsGoneIsDamageAlsoAfterADeath(Death death) throws Exception {
    store.close();
    fixture.open(temp.resolve("store")).close();
    var refused = 0;
    for (var spoiled = offsets(copy()).size() - 1; spoiled > 0; spoiled--) {
      var without = spoil(copy(), spoiled);
      var damaged = isRefusedOrWhole(without, Files.readAllBytes(without));
      var manifest = spoil(copy(), spoiled);
      var before = Files.readAllBytes(manifest);
      death.happens(lastCopy(), manifest);
      assertThat(isRefusedOrWhole(manifest, before)).isEqualTo(damaged);
      assertLeavesNoCopies();
      refused += damaged ? 1 : 0;
    }
    assertThat(refused).isPositive();
  }

  @Test
  void afterADeathOnceItIsKnownTheStoreOpens() throws Exception {
    var manifest = copy();
    tear(manifest, 20);
    var found = Files.readAllBytes(manifest);
    try (var directory = StoreDirectory.open(lastCopy())) {
      var torn = TornManifest.find(directory).orElseThrow();
      torn.cutOff();
      torn.checked();
    }
    assertOpens(found);
  }

  @Test
  void aStoreThatTookThePlaceOfTheOneThatWasCutIsLeftAsItIs() throws Exception {
    var manifest = copy();
    var whole = Files.readAllBytes(manifest);
    tear(manifest, 20);
    Death.CUT.happens(lastCopy(), manifest);
    Files.write(manifest, whole);
    append(manifest, lastRecord(manifest));
    var other = Files.readAllBytes(manifest);
    try (var directory = StoreDirectory.open(lastCopy())) {
      TornManifest.resume(directory);
    }
    assertThat(manifest).hasBinaryContent(other);
    assertLeavesNoCopies();
  }

  @Test
  void aCopyOfAnotherListIsNoneOfTheList() throws Exception {
    var manifest = copy();
    tear(manifest, 20);
    Death.CUT.happens(lastCopy(), manifest);
    var current = manifest.resolveSibling("CURRENT");
    var before = Files.readString(current);
    Files.copy(manifest, manifest.resolveSibling("MANIFEST-999999"));
    Files.writeString(current, "MANIFEST-999999\n");
    try (var directory = StoreDirectory.open(lastCopy())) {
      TornManifest.resume(directory);
    }
    assertLeavesNoCopies();
    // Numbers come again when an older database is put in place.
    var cut = Files.readAllBytes(manifest);
    Files.writeString(current, before);
    try (var directory = StoreDirectory.open(lastCopy())) {
      TornManifest.resume(directory);
    }
    assertThat(manifest).hasBinaryContent(cut);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\0\0\0\0", "MANIFEST-\u00ff\n", "../format\n"})
  void aDatabaseThatDoesNotSayWhichListItUsesIsDamaged(String current) throws Exception {
    var manifest = copy();
    Files.writeString(manifest.resolveSibling("CURRENT"), current, ISO_8859_1);
    assertDamaged(manifest);
  }

  private void assertLeavesNoCopies() throws IOException {
    try (var files = Files.list(lastCopy())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.startsWith("unchecked-"));
    }
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

  /** Never open with something missing, nor change what is refused. */
  private boolean isRefusedOrWhole(Path manifest, byte[] before) throws Exception {
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

  /** Adds the last record again, of which the last bytes read as zeros. */
  private static void tear(Path manifest, int bytes) throws IOException {
    append(manifest, lastRecord(manifest));
    overwrite(manifest, Files.size(manifest) - bytes, new byte[bytes]);
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
