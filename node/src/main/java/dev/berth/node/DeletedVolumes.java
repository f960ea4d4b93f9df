package dev.berth.node;

import dev.berth.core.registry.Rejection;
import dev.berth.core.storage.StoreException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that the node forgets volumes that were deleted, as soon as nothing of them is here.
 */
final class DeletedVolumes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DeletedVolumes.class);

  /** Until something of a deleted volume that is still here is looked at again. */
  private static final Duration AGAIN = Duration.ofSeconds(5);

  /** Forgets what can be forgotten; false when it has to be tried again. */
  @FunctionalInterface
  interface Forgetting {
    boolean done() throws IOException;
  }

  private final Forgetting forgetting;
  private final Semaphore told = new Semaphore(0);
  private final Thread thread;

  DeletedVolumes(String nodeName, Forgetting forgetting) {
    this.forgetting = forgetting;
    this.thread = Thread.ofVirtual().name("deleted volumes of " + nodeName).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Volumes were deleted, or may have been. */
  void look() {
    told.release();
  }

  private void run() {
    try {
      told.acquire();
      while (true) {
        told.drainPermits();
        if (done()) {
          told.acquire();
        } else if (told.tryAcquire(AGAIN.toMillis(), TimeUnit.MILLISECONDS)) {
          LOG.debug("more volumes were deleted");
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("deleted volumes are forgotten by the next process");
    }
  }

  private boolean done() {
    try {
      return forgetting.done();
    } catch (IOException | StoreException | Rejection e) {
      LOG.warn("deleted volumes cannot be forgotten at the moment: {}", e.getMessage());
      return false;
    } catch (RuntimeException e) {
      LOG.error("forgetting deleted volumes met an unexpected failure", e);
      return false;
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
