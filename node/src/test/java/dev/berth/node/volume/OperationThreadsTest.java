package dev.berth.node.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

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
  void aStopWaitsForWhatEnds() throws Exception {
    var mayEnd = new CountDownLatch(1);
    var ended = new CompletableFuture<Void>();
    threads.start(unstage("ends"), () -> completeAfter(mayEnd, ended));
    var stopped = new CompletableFuture<Boolean>();
    var stop =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    threads.stop(LONG);
                    stopped.complete(ended.isDone());
                  } catch (InterruptedException e) {
                    stopped.completeExceptionally(e);
                  }
                });
    await().until(() -> stop.getState() == Thread.State.TIMED_WAITING);
    mayEnd.countDown();
    assertThat(stopped.get(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(ended).isCompleted();
  }

  @Test
  void aStopInterruptsWhatDoesNotEnd() throws Exception {
    var ended = new CompletableFuture<Void>();
    threads.start(unstage("hangs"), () -> completeAfter(new CountDownLatch(1), ended));
    threads.stop(Duration.ofMillis(1));
    assertThatThrownBy(() -> ended.get(LONG.toSeconds(), TimeUnit.SECONDS))
        .hasCauseInstanceOf(InterruptedException.class);
  }

  @Test
  void nothingBeginsAfterTheStop() throws Exception {
    var begun = new CompletableFuture<Void>();
    threads.stop(LONG);
    threads.start(unstage("late"), () -> begun.complete(null));
    assertThat(begun).isNotDone();
  }

  /** What is wrong with one operation is no matter of the next one on its thread. */
  @Test
  void neitherAFailureNorAnInterruptStays() throws Exception {
    threads.start(
        unstage("fails"),
        () -> {
          Thread.currentThread().setUncaughtExceptionHandler((thread, failure) -> {});
          throw new IllegalStateException("as it happens");
        });
    for (var i = 0; i < 10; i++) {
      var interrupted = new CompletableFuture<Boolean>();
      threads.start(
          unstage("next"),
          () -> {
            interrupted.complete(Thread.interrupted());
            Thread.currentThread().interrupt();
          });
      assertThat(interrupted.get(LONG.toSeconds(), TimeUnit.SECONDS)).isFalse();
    }
    threads.stop(LONG);
  }

  private static void completeAfter(CountDownLatch latch, CompletableFuture<Void> future) {
    try {
      latch.await();
      future.complete(null);
    } catch (InterruptedException e) {
      future.completeExceptionally(e);
    }
  }
}
