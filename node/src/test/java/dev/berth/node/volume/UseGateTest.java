package dev.berth.node.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.StagedVolume;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class UseGateTest {

  @Test
  void whoComesBeforeTheUseIsToldWaitsAndIsToldSo() throws Exception {
    var gate = new UseGate(LocalVolumes.id("pv-1"), UseGate.PATIENCE);
    var waited = new CompletableFuture<Boolean>();
    var thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    waited.complete(gate.await());
                  } catch (IOException | InterruptedException e) {
                    waited.completeExceptionally(e);
                  }
                });
    while (thread.getState() != Thread.State.TIMED_WAITING) {
      assertThat(waited).isNotDone();
      Thread.onSpinWait();
    }
    gate.open();

    assertThat(waited.get()).isTrue();
    assertThat(gate.await()).as("whoever comes later").isFalse();
  }

  @Test
  void aUseThatCannotBeToldEndsTheOperationWithAReason() {
    var gate = new UseGate(LocalVolumes.id("pv-1"), Duration.ofMillis(1));

    assertThatThrownBy(gate::await)
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("pv-1", "volumesInUse", "nothing was done");
  }

  @Test
  void anOperationIsBegunBeforeTheUseIsToldAndGoesOnWithIt() throws Exception {
    var threads = new OperationThreads();
    var volume = LocalVolumes.id("pv-1");
    var operation = new VolumeOperation.Unstage(new StagedVolume(volume, "uid"));
    var begun = new CompletableFuture<Void>();
    var went = new CompletableFuture<Void>();
    threads.start(
        operation,
        id -> false,
        (_, told) -> {
          begun.complete(null);
          try {
            told.await();
            went.complete(null);
          } catch (IOException | InterruptedException e) {
            went.completeExceptionally(e);
          }
          return () -> {};
        });

    begun.get();
    threads.told(LocalVolumes.id("pv-2")::equals);
    assertThat(went).isNotDone();
    threads.told(volume::equals);
    went.get();
    threads.stop(Duration.ofSeconds(10));
  }

  @Test
  void aStopDoesNotWaitForAUseThatIsNotTold() throws Exception {
    var threads = new OperationThreads();
    var operation = new VolumeOperation.Unstage(new StagedVolume(LocalVolumes.id("pv-1"), "uid"));
    var ended = new CompletableFuture<Boolean>();
    threads.start(
        operation,
        id -> false,
        (_, told) -> {
          try {
            ended.complete(told.await());
          } catch (IOException | InterruptedException e) {
            ended.completeExceptionally(e);
          }
          return () -> {};
        });
    threads.stop(Duration.ofSeconds(10));

    assertThat(ended).isCompletedExceptionally();
    assertThat(ended.exceptionNow()).isInstanceOf(InterruptedException.class);
  }
}
