package dev.berth.node.volume;

import dev.berth.node.disk.ToldUse;
import dev.berth.node.plugin.VolumeId;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Where an operation that was begun before the use of its volume was told waits for that. */
final class UseGate implements ToldUse {
  /**
   * A node's status that cannot be written for so long has an operation say so: before the volume
   * is said to be slow, which it is not.
   */
  static final Duration PATIENCE = VolumeWorld.SLOW.minusSeconds(1);

  private final VolumeId volume;
  private final Duration patience;
  private final CompletableFuture<Void> told = new CompletableFuture<>();

  /**
   * @param patience how long an operation waits; then it ends, and is tried again
   */
  UseGate(VolumeId volume, Duration patience) {
    this.volume = volume;
    this.patience = patience;
  }

  /** The use has been told. */
  void open() {
    told.complete(null);
  }

  /** Nobody tells it any more: whoever waits for it gives up, and whoever comes. */
  void close() {
    told.cancel(false);
  }

  @Override
  public boolean await() throws IOException, InterruptedException {
    if (told.state() == Future.State.SUCCESS) {
      return false;
    }
    try {
      told.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      throw new IOException(
          "that %s is in use here cannot be written to the node's status (volumesInUse); nothing was"
                  .formatted(volume)
              + " done to it, and this is tried again",
          e);
    } catch (CancellationException e) {
      throw new InterruptedException("the server stops");
    } catch (ExecutionException e) {
      throw new IllegalStateException("a gate only opens", e);
    }
  }
}
