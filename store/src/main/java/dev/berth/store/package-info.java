/**
 * Where are objects kept, so that an acknowledged write is never lost? The versioned store on
 * RocksDB behind {@link dev.berth.core.storage.ObjectStore}; {@link
 * dev.berth.store.RocksObjectStore} is its door.
 */
@NullMarked
package dev.berth.store;

import org.jspecify.annotations.NullMarked;
