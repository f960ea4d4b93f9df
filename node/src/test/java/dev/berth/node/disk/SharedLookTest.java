package dev.berth.node.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedLookTest {
  private final AtomicInteger state = new AtomicInteger();
  private final AtomicInteger looks = new AtomicInteger();
  private final CountDownLatch held = new CountDownLatch(1);
  private final SharedLook<Integer> look =
      new SharedLook<>(
          () -> {
            var seen = state.get();
            if (looks.incrementAndGet() == 1) {
              hold();
            }
            return seen;
          });

  @Test
  void whoeverAsksDuringALookGetsTheNextOneWithAllTheOthers() throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var first = threads.submit(look::look);
      await().until(() -> looks.get() == 1);
      state.set(1);
      var others = new ArrayList<Future<Integer>>();
      var asked = new AtomicInteger();
      for (var n = 0; n < 20; n++) {
        others.add(
            threads.submit(
                () -> {
                  asked.incrementAndGet();
                  return look.look();
                }));
      }
      await().until(() -> asked.get() == 20);
      held.countDown();

      assertThat(first.get()).isEqualTo(0);
      for (var other : others) {
        assertThat(other.get()).as("not what the look under way had seen").isEqualTo(1);
      }
      state.set(2);
      assertThat(look.look()).isEqualTo(2);
    }
  }

  private void hold() {
    try {
      held.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
