package dev.berth.node.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.NodeWorld;
import dev.berth.node.disk.MountTable;
import dev.berth.node.disk.VolumeGuard;
import dev.berth.node.disk.XattrVolumeGuard;
import dev.berth.node.linux.JnrSyscalls;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pools as operations on many volumes find them. */
class LoopPoolsTest {
  private static final int AT_ONCE = 8;
  private static final int ROUNDS = 25;

  @TempDir Path directory;

  private final VolumeGuard guard =
      new XattrVolumeGuard(
          new JnrSyscalls(), NodeWorld.children(), MountTable.reader(), NodeWorld.DEADLINES);

  private LoopPools pools(Path root, Path pool) {
    return pools(root, pool, guard);
  }

  private static LoopPools pools(Path root, Path pool, VolumeGuard guard) {
    return new LoopPools("node-1", Map.of("fast", pool), guard, new VolumePaths(root));
  }

  /** The first ones mark it, each at its own moment. */
  @Test
  void aNewPoolIsReadyForAllThatComeAtOnce() throws Exception {
    try (var threads = Executors.newFixedThreadPool(AT_ONCE)) {
      for (var round = 0; round < ROUNDS; round++) {
        var pools = pools(directory.resolve("node-" + round), pool("pool-" + round));
        var together = new CyclicBarrier(AT_ONCE);
        Callable<LoopPools.Found> find =
            () -> {
              together.await();
              return pools.find("fast");
            };
        for (var found : threads.invokeAll(Collections.nCopies(AT_ONCE, find))) {
          assertThat(found.get()).isInstanceOf(LoopPools.Found.Ready.class);
        }
      }
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }

  /** By another name of the directory, say a bind mount. */
  @Test
  void twoPoolsThatComeAtOnceDoNotShareADirectory() throws Exception {
    try (var threads = Executors.newFixedThreadPool(2)) {
      for (var round = 0; round < ROUNDS; round++) {
        var pool = pool("pool-" + round);
        var pools =
            new LoopPools(
                "node-1",
                Map.of("fast", pool, "slow", pool),
                guard,
                new VolumePaths(directory.resolve("node-" + round)));
        var together = new CyclicBarrier(2);
        var found = new ArrayList<Future<LoopPools.Found>>();
        for (var name : List.of("fast", "slow")) {
          found.add(
              threads.submit(
                  () -> {
                    together.await();
                    return pools.find(name);
                  }));
        }
        assertThat(List.of(found.get(0).get(), found.get(1).get()))
            .satisfiesOnlyOnce(each -> assertThat(each).isInstanceOf(LoopPools.Found.Ready.class))
            .satisfiesOnlyOnce(
                each -> assertThat(each).isInstanceOf(LoopPools.Found.Refused.class));
      }
    }
  }

  @Test
  void whoLookedBeforeAnotherMarkedItFindsItReady() throws Exception {
    var root = directory.resolve("node");
    var pool = pool("pool");
    var other = pools(root, pool);
    var slow =
        (VolumeGuard)
            Proxy.newProxyInstance(
                VolumeGuard.class.getClassLoader(),
                new Class<?>[] {VolumeGuard.class},
                (proxy, method, arguments) -> {
                  var answer = method.invoke(guard, arguments);
                  if (method.getName().equals("look")) {
                    assertThat(other.find("fast")).isInstanceOf(LoopPools.Found.Ready.class);
                  }
                  return answer;
                });
    assertThat(pools(root, pool, slow).find("fast")).isInstanceOf(LoopPools.Found.Ready.class);
  }

  @Test
  void onceUsedItIsNotTakenForAnotherInItsPlace() throws Exception {
    var pool = pool("pool");
    var pools = pools(directory.resolve("node"), pool);
    assertThat(pools.find("fast")).isEqualTo(new LoopPools.Found.Ready(pool, false));
    assertThat(pools.find("fast")).isEqualTo(new LoopPools.Found.Ready(pool, true));
    Files.move(pool, directory.resolve("elsewhere"));
    pool("pool");
    assertThat(pools.find("fast")).isInstanceOf(LoopPools.Found.Refused.class);
  }

  private Path pool(String name) throws IOException {
    return Files.createDirectory(directory.toRealPath().resolve(name));
  }
}
