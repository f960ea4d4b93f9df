package dev.berth.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.observe.Meters;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.Transaction.Put;
import dev.berth.store.RocksObjectStore.Surroundings;
import dev.berth.store.StoreConfig.Commits;
import dev.berth.store.StoreConfig.History;
import dev.berth.store.StoreConfig.Memory;
import dev.berth.store.StoreConfig.Reads;
import dev.berth.store.StoreConfig.Space;
import dev.berth.store.StoreConfig.Watches;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

/** Opens stores for tests, with obstacles, and collects the faults that they report. */
final class StoreFixture {
  /** Small bounds, so that tests reach them; no compaction unless asked for. */
  static final StoreConfig SMALL =
      new StoreConfig(
          new History(1_000_000, Duration.ofHours(1), Duration.ofHours(1), 7),
          new Commits(1_000, 1 << 22, 64, 1 << 18),
          new Watches(100, 1 << 20),
          new Reads(2, 100),
          new Memory(1 << 16, 1 << 20, 1 << 18),
          new Space(1 << 20, 0));

  final List<StoreException.Broken> faults = Collections.synchronizedList(new ArrayList<>());
  StoreConfig config = SMALL;
  LongSupplier nanoTime = System::nanoTime;
  UnaryOperator<CommitLoop.Writer> writer = UnaryOperator.identity();
  LongSupplier freeBytes = () -> Long.MAX_VALUE;

  RocksObjectStore open(Path directory) throws StoreOpenException {
    return RocksObjectStore.open(
        directory,
        new Surroundings(config, Meters.none(), nanoTime, faults::add, writer, freeBytes));
  }

  /** To be asked at the end of a test: what is left on disk is whole, and nothing broke. */
  void assertSound(Path directory) throws StoreOpenException {
    assertThat(faults).isEmpty();
    assertThat(StoreVerifier.verify(directory, config)).isEmpty();
  }

  static ObjectKey pod(String name) {
    return new ObjectKey("pods", "default", name);
  }

  static Put put(ObjectKey key, String document) {
    return new Put(key, Expectation.anything(), document.getBytes(UTF_8));
  }

  static String text(byte[] document) {
    return new String(document, UTF_8);
  }
}
