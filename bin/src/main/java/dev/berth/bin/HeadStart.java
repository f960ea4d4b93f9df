package dev.berth.bin;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.schema.Schemas;
import dev.berth.core.registry.rules.Kinds;
import dev.berth.store.RocksObjectStore;

/**
 * Loads what every server needs, whatever its settings say, while these are still being read. What
 * goes wrong here is told where it is needed.
 */
final class HeadStart {

  private HeadStart() {}

  static void begin() {
    background("load store", RocksObjectStore::loadLibrary);
    background("load rules", HeadStart::loadRules);
  }

  private static void loadRules() {
    Json.object();
    Schemas.of(ResourceTypes.POD);
    Kinds.of(ResourceTypes.POD);
  }

  private static void background(String name, Runnable work) {
    Thread.ofPlatform().daemon().name(name).start(work);
  }
}
