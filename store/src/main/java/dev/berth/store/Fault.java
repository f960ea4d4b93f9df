package dev.berth.store;

import dev.berth.core.storage.StoreException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The first reason why this store can no longer be trusted. It is told once to whoever stops the
 * process; from then on everything fails with it.
 */
final class Fault {
  private static final Logger log = LoggerFactory.getLogger(Fault.class);

  private final AtomicReference<StoreException.@Nullable Broken> first = new AtomicReference<>();
  private final Consumer<StoreException.Broken> stopProcess;

  Fault(Consumer<StoreException.Broken> stopProcess) {
    this.stopProcess = stopProcess;
  }

  /**
   * Notes a fault and returns what to fail with.
   *
   * @param doing what was being done, for example "committing"
   */
  StoreException.Broken raise(String doing, Throwable cause) {
    var broken =
        new StoreException.Broken(
            "the store failed while "
                + doing
                + ": "
                + cause.getMessage()
                + "; the process must stop, and on its next start the store is checked",
            cause);
    if (first.compareAndSet(null, broken)) {
      log.error("the store is broken", broken);
      stopProcess.accept(broken);
    }
    return broken;
  }

  /** The first fault, null when there was none. */
  StoreException.@Nullable Broken get() {
    return first.get();
  }
}
