package dev.berth.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.plugin.StagedVolume;
import dev.berth.node.plugin.VolumeId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Operations on threads of their own. */
class OperationThreadsTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final OperationThreads threads = new OperationThreads();

  private static VolumeOperation unstage(String volume) {
    return new VolumeOperation.Unstage(new StagedVolume(new VolumeId("plugin", volume), "uid"));
  }

  @Test
  void eachHasItsOwnNamedAfterWhatItDoes() throws Exception {
    var together = new CountDownLatch(2);
    var first = name(unstage("a"), together);
    var second = name(unstage("b"), together);
    assertThat(first.get(LONG.toSeconds(), TimeUnit.SECONDS)).isEqualTo("unstage plugin/a");
    assertThat(second.get(LONG.toSeconds(), TimeUnit.SECONDS)).isEqualTo("unstage plugin/b");
    threads.stop(LONG);
  }

  private CompletableFuture<String> name(VolumeOperation operation, CountDownLatch together) {
    var name = new CompletableFuture<String>();
    threads.start(
        operation,
        () -> {
          together.countDown();
          try {
            together.await();
            name.complete(Thread.currentThread().getName());
          } catch (InterruptedException e) {
            name.completeExceptionally(e);
          }
        });
    return name;
  }

  @Test
  void aStopWaitsForWhatEndsAndInterruptsWhatDoesNot() throws Exception {
    var ended = new CompletableFuture<Void>();
    var begun = new CountDownLatch(1);
    var interrupted = new CompletableFuture<Void>();
    threads.start(
        unstage("hangs"),
        () -> {
          begun.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.complete(null);
          }
        });
    threads.start(unstage("ends"), () -> ended.complete(null));
    begun.await();
    threads.stop(Duration.ofMillis(100));
    assertThat(ended).isDone();
    interrupted.get(LONG.toSeconds(), TimeUnit.SECONDS);
  }
}
