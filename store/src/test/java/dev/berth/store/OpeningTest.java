package dev.berth.store;

import static dev.berth.store.StoreFixture.pod;
import static dev.berth.store.StoreFixture.put;
import static dev.berth.store.StoreFixture.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.core.storage.Scope;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction;
import dev.berth.core.storage.Transaction.Durability;
import dev.berth.store.StoreConfig.Space;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which stores are opened, and which are refused, with what words. */
class OpeningTest {
  private final StoreFixture fixture = new StoreFixture();

  @TempDir Path temp;

  @Test
  void aStoreIsMadeForItsOwnerOnly() throws Exception {
    var directory = temp.resolve("some/where/store");
    fixture.open(directory).close();

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
        .isEqualTo("rwx------");
    assertThat(Files.readString(directory.resolve("format"))).isEqualTo("1\n");
  }

  @Test
  void whatWasCommittedIsThereAgain() throws Exception {
    try (var store = fixture.open(temp)) {
      commit(store, "a");
      commit(store, "b");
      relaxed(store, "lease");
    }
    try (var store = fixture.open(temp)) {
      // Closed in order: no revision is skipped, and history is there.
      assertThat(store.revision()).isEqualTo(3);
      assertThat(store.list(Scope.everything(), 1, null, 0).objects()).hasSize(1);
      assertThat(commit(store, "c")).isEqualTo(4);
    }
    fixture.assertSound(temp);
  }

  @Test
  void aSecondOpenerIsRefused() throws Exception {
    var store = fixture.open(temp.resolve("store"));
    try (store) {
      assertThatThrownBy(() -> fixture.open(temp.resolve("store")))
          .isInstanceOf(StoreOpenException.Held.class)
          .hasMessageContaining("in use by this process itself");
      Files.createSymbolicLink(temp.resolve("other-way"), temp.resolve("store"));
      assertThatThrownBy(() -> fixture.open(temp.resolve("other-way")))
          .isInstanceOf(StoreOpenException.Held.class);
      // And it is still held after that.
      assertThatThrownBy(() -> fixture.open(temp.resolve("store")))
          .isInstanceOf(StoreOpenException.Held.class);
      commit(store, "a");
    }
    fixture.open(temp.resolve("store")).close();
  }

  @Test
  void anotherProcessIsNamed() throws Exception {
    var directory = temp.resolve("store");
    try (var process = WritingProcess.start(temp, directory, 0, 1)) {
      assertThatThrownBy(() -> fixture.open(directory))
          .isInstanceOf(StoreOpenException.Held.class)
          .hasMessage(
              "the store in "
                  + directory
                  + " is in use by process "
                  + process.pid()
                  + ": stop that process, or use another data directory");
      assertThatThrownBy(() -> StoreVerifier.verify(directory, fixture.config))
          .isInstanceOf(StoreOpenException.Held.class);
    }
    fixture.open(directory).close();
  }

  @Test
  void aNewerFormatIsRefusedAndNotTouched() throws Exception {
    fixture.open(temp).close();
    Files.writeString(temp.resolve("format"), "2\n");
    var before = Files.getLastModifiedTime(temp.resolve("rocksdb/CURRENT"));

    assertThatThrownBy(() -> fixture.open(temp))
        .isInstanceOf(StoreOpenException.NewerFormat.class)
        .hasMessageContaining("has format 2, this version of Berth knows formats up to 1");
    assertThat(Files.getLastModifiedTime(temp.resolve("rocksdb/CURRENT"))).isEqualTo(before);

    Files.writeString(temp.resolve("format"), "1\n");
    fixture.open(temp).close();
  }

  @Test
  void anUnreadableFormatIsDamage() throws Exception {
    fixture.open(temp).close();
    Files.writeString(temp.resolve("format"), "x");
    assertThatThrownBy(() -> fixture.open(temp))
        .isInstanceOf(StoreOpenException.Damaged.class)
        .hasMessageContaining("holds 'x' instead of a number");

    Files.delete(temp.resolve("format"));
    assertThatThrownBy(() -> fixture.open(temp))
        .isInstanceOf(StoreOpenException.Damaged.class)
        .hasMessageContaining("'format' is missing");
  }

  @Test
  void aFileIsNoStore() throws Exception {
    Files.writeString(temp.resolve("file"), "");
    assertThatThrownBy(() -> fixture.open(temp.resolve("file")))
        .isInstanceOf(StoreOpenException.Unusable.class)
        .hasMessageContaining("check that it is a directory");
    assertThatThrownBy(() -> fixture.open(temp.resolve("file/store")))
        .isInstanceOf(StoreOpenException.Unusable.class);
  }

  @Test
  void aMissingTableIsDamage() throws Exception {
    try (var store = fixture.open(temp)) {
      commit(store, "a");
    }
    // Opening writes what was in the log into tables.
    fixture.open(temp).close();
    delete(temp.resolve("rocksdb"), ".sst");

    assertThatThrownBy(() -> fixture.open(temp)).isInstanceOf(StoreOpenException.Damaged.class);
  }

  @Test
  void aStoreThatLostItsLogIsDamaged() throws Exception {
    try (var store = fixture.open(temp)) {
      commit(store, "a");
      commit(store, "b");
    }
    delete(temp.resolve("rocksdb"), ".log");

    assertThatThrownBy(() -> fixture.open(temp))
        .isInstanceOf(StoreOpenException.Damaged.class)
        .hasMessageContaining("restore a backup");
  }

  @Test
  void revisionsThatMayHaveBeenSeenAreNotUsedAgain() throws Exception {
    var copy = temp.resolve("copy");
    try (var store = fixture.open(temp.resolve("store"))) {
      commit(store, "a");
      relaxed(store, "lease");
      StoreCopies.copy(temp.resolve("store"), copy);
    }
    try (var store = fixture.open(copy)) {
      // The relaxed one is there, as the power was not cut; nobody can tell that from here.
      assertThat(store.get(pod("lease"))).isPresent();
      assertThat(store.revision()).isEqualTo(2 + RelaxedCeiling.AHEAD);
      try (var watch = store.watch(Scope.everything(), 2)) {
        var next = commit(store, "b");
        assertThat(next).isEqualTo(3 + RelaxedCeiling.AHEAD);
        StoreCopies.awaitProgress(watch, next);
      }
      // Inside the gap, as a client that had seen lost revisions would ask.
      try (var watch = store.watch(Scope.everything(), 100)) {
        assertThat(StoreCopies.awaitProgress(watch, store.revision())).containsExactly("b");
      }
      assertThat(store.list(Scope.everything(), 100, null, 0).objects()).hasSize(2);
      assertThat(store.verify()).isEmpty();
      store.compact(50);
      assertThat(store.verify()).isEmpty();
      assertThatThrownBy(() -> store.watch(Scope.everything(), 49))
          .isInstanceOf(StoreException.Compacted.class);
      try (var watch = store.watch(Scope.everything(), 50)) {
        assertThat(StoreCopies.awaitProgress(watch, store.revision())).containsExactly("b");
      }
    }
    fixture.assertSound(copy);
  }

  @Test
  void aCheckpointIsAStore() throws Exception {
    var copy = temp.resolve("copy");
    try (var store = fixture.open(temp.resolve("store"))) {
      commit(store, "a");
      commit(store, "b");
      store.checkpoint(copy);
      commit(store, "c");
    }
    try (var store = fixture.open(copy)) {
      assertThat(store.revision()).isEqualTo(2);
      assertThat(store.get(pod("b"))).get().extracting(b -> text(b.document())).isEqualTo("b");
      assertThat(commit(store, "d")).isEqualTo(3);
    }
    fixture.assertSound(copy);
    fixture.assertSound(temp.resolve("store"));
  }

  @Test
  void theReserveIsMadeWhenThereIsRoom() throws Exception {
    fixture.config = StoreFixture.SMALL.withSpace(new Space(1 << 20, 3 << 20));
    try (var directory = StoreDirectory.open(temp)) {
      directory.makeReserve(3 << 20, Long.MAX_VALUE - (3 << 20));
      assertThat(temp.resolve("reserve")).doesNotExist();
      directory.makeReserve(3 << 20, 0);
      assertThat(temp.resolve("reserve")).hasSize(3 << 20);
      directory.giveUpReserveBelow(1);
      assertThat(temp.resolve("reserve")).exists();
      directory.giveUpReserveBelow(Long.MAX_VALUE);
      assertThat(temp.resolve("reserve")).doesNotExist();
    }
  }

  private static long commit(RocksObjectStore store, String name) {
    return store.commit(Transaction.of(put(pod(name), name))).join().revision();
  }

  private static void relaxed(RocksObjectStore store, String name) {
    var step = put(pod(name), name);
    store.commit(new Transaction(List.of(step), Durability.RELAXED)).join();
  }

  private static void delete(Path directory, String ending) throws IOException {
    try (var files = Files.list(directory)) {
      for (var file : files.filter(f -> f.toString().endsWith(ending)).toList()) {
        Files.delete(file);
      }
    }
  }
}
