package dev.berth.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.ObjectStoreContract;
import dev.berth.store.StoreConfig.Watches;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/** The store against the contract; what it leaves on disk is verified after each test. */
class RocksObjectStoreTest extends ObjectStoreContract {
  private final StoreFixture fixture = new StoreFixture();
  private final List<RocksObjectStore> opened = new ArrayList<>();

  @TempDir Path temp;

  @Override
  protected ObjectStore open(int watchBuffer) {
    fixture.config = StoreFixture.SMALL.withWatches(new Watches(watchBuffer, 1 << 20));
    try {
      var store = fixture.open(temp.resolve("store"));
      opened.add(store);
      return store;
    } catch (StoreOpenException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  protected void compact(long revision) {
    opened.getLast().compact(revision);
    assertThat(opened.getLast().verify()).isEmpty();
  }

  @Override
  protected void afterClose() {
    try {
      fixture.assertSound(temp.resolve("store"));
    } catch (StoreOpenException e) {
      throw new UncheckedIOException(e);
    }
  }
}
