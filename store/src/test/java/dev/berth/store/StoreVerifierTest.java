package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static dev.berth.store.StoreFixture.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import dev.berth.store.Database.Column;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBatch;

/** The verifier finds what it is to find. */
class StoreVerifierTest {
  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path temp;

  /** a@1, a@2, b@3, b removed @4, a@5, b@6, compacted to 2. */
  @BeforeEach
  void makeStore() throws Exception {
    try (var store = fixture.open(temp)) {
      store.commit(Transaction.of(put(pod("a"), "1"))).join();
      store.commit(Transaction.of(put(pod("a"), "2"))).join();
      store.commit(Transaction.of(put(pod("b"), "3"))).join();
      store.commit(Transaction.of(new Transaction.Delete(pod("b"), Expectation.present()))).join();
      store.commit(Transaction.of(put(pod("a"), "5"), put(pod("b"), "6"))).join();
      store.compact(2);
    }
    fixture.assertSound(temp);
  }

  @Test
  void aMissingLogEntryIsFound() throws Exception {
    spoil((database, batch) -> database.delete(batch, Column.LOG, KeyLayout.log(4)));

    assertFinding("the log has no revision 4 to 4");
    assertFinding("pods/default/b@4 (removed) should have the log entry Removed");
  }

  @Test
  void aMissingVersionIsFound() throws Exception {
    spoil((database, batch) -> database.delete(batch, Column.VERSIONS, version("b", 3)));

    assertFinding("revision 3 of the log has no version");
    assertFinding("pods/default/b@4 (removed) removes what was not there");
  }

  @Test
  void aMissingTombstoneIsFound() throws Exception {
    spoil((database, batch) -> database.delete(batch, Column.VERSIONS, version("b", 4)));

    assertFinding("revision 4 of the log has no version");
    assertFinding("pods/default/b@6 should have the log entry Written");
  }

  @Test
  void aVersionWithoutLogEntryIsFound() throws Exception {
    spoil(
        (database, batch) -> database.put(batch, Column.VERSIONS, version("c", 7), new byte[] {1}));

    assertFinding("pods/default/c@7 should have the log entry");
  }

  @Test
  void whatWasCompactedAndIsStillThereIsFound() throws Exception {
    spoil(
        (database, batch) -> {
          database.put(batch, Column.VERSIONS, version("a", 1), new byte[] {1});
          database.put(batch, Column.VERSIONS, version("d", 1), new byte[] {0});
          database.put(batch, Column.LOG, KeyLayout.log(1), new LogEntry.Gap(1).encode());
        });

    assertFinding("pods/default/a@1 was replaced before 2, and is still there");
    assertFinding("pods/default/d@1 (removed) is a tombstone from before 2");
    assertFinding("the log has revision 1, expected 3");
  }

  @Test
  void aWrongPreviousRevisionIsFound() throws Exception {
    var wrong = new LogEntry.Written(pod("a"), 1).encode();
    spoil((database, batch) -> database.put(batch, Column.LOG, KeyLayout.log(5), wrong));

    assertFinding(
        "pods/default/a@5 should have the log entry Written[key=pods/default/a, previous=2]");
  }

  @Test
  void aCacheThatIsWrongIsFound() throws Exception {
    var cache = new HeadCache(1 << 20);
    cache.put(pod("a"), new HeadCache.Head(2, null));
    cache.put(pod("x"), new HeadCache.Head(3, new StoredObject(pod("x"), 3, new byte[0])));
    cache.put(pod("b"), new HeadCache.Head(6, null));
    try (var database = open()) {
      assertThat(new StoreVerifier(database).verify(cache, new Horizon(6, 2)))
          .anyMatch(
              finding ->
                  finding.contains("the cache has pods/default/a@2, and not pods/default/a@5"))
          .anyMatch(
              finding -> finding.contains("the cache has pods/default/x@3, which is not stored"))
          .anyMatch(finding -> finding.contains("for pods/default/b@6"));
    }
  }

  private interface Spoil {
    void spoil(Database database, WriteBatch batch) throws RocksDBException;
  }

  private void spoil(Spoil spoil) throws Exception {
    try (var database = open();
        var batch = new WriteBatch()) {
      spoil.spoil(database, batch);
      database.write(batch, true);
    }
  }

  private Database open() throws RocksDBException {
    return Database.open(
        StoreDirectory.database(temp), fixture.config, WALRecoveryMode.AbsoluteConsistency);
  }

  private static byte[] version(String name, long revision) {
    return KeyLayout.version(KeyLayout.stem(pod(name)), revision);
  }

  private void assertFinding(String finding) throws StoreOpenException {
    assertThat(StoreVerifier.verify(temp, fixture.config)).anyMatch(f -> f.contains(finding));
  }
}
