package dev.berth.store;

import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

import dev.berth.core.storage.Watch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Copies of a store that is in use: what the death of its process would leave. */
final class StoreCopies {
  private StoreCopies() {}

  /** Nothing may be written to the store meanwhile. */
  static void copy(Path store, Path target) throws IOException {
    try (var files = Files.walk(store)) {
      for (var file : files.toList()) {
        Files.copy(file, target.resolve(store.relativize(file).toString()));
      }
    }
  }

  /** The newest of RocksDB's write-ahead logs in a store. */
  static Path newestLog(Path store) throws IOException {
    try (var files = Files.list(StoreDirectory.database(store))) {
      return files
          .filter(file -> file.toString().endsWith(".log"))
          .max(Path::compareTo)
          .orElseThrow();
    }
  }

  /** Takes until everything up to {@code revision} is taken; the names of what was changed. */
  static List<String> awaitProgress(Watch watch, long revision) {
    var names = new ArrayList<String>();
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () ->
                switch (watch.take(10)) {
                  case Watch.Changes(var changes, var progress) -> {
                    changes.forEach(change -> names.add(change.key().name()));
                    yield progress == revision;
                  }
                  case Watch.Ended(var why) -> fail("the watch has ended", why);
                });
    return names;
  }
}
