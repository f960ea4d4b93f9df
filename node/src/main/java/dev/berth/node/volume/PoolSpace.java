package dev.berth.node.volume;

import dev.berth.core.node.VolumeUsage.Figures;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.plugin.LoopPools;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * How much can still be made in a pool: the bytes of its file system that are free for everybody,
 * because images take all of their space when they are made. A child reads them, so that a file
 * system that hangs keeps nobody waiting for long; it is not asked again until it answers. For one
 * thread at a time.
 */
final class PoolSpace {
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final String name;
  private final LoopPools pools;
  private final UsageReader reader;

  /** What was found. */
  sealed interface Found {
    record Free(long bytes) implements Found {}

    /**
     * Nothing can be made there now.
     *
     * @param why for a person
     */
    record Unusable(String why) implements Found {}
  }

  PoolSpace(String name, LoopPools pools, ChildProcesses children) {
    this.name = name;
    this.pools = pools;
    this.reader = new UsageReader(children, new GroupProbe.Patience(PATIENCE, PATIENCE));
  }

  /**
   * Reads it, and leaves the pool as it is.
   *
   * @param directory of the pool
   */
  Found read(Path directory) throws InterruptedException {
    var figures = reader.read(List.of(directory)).getOrDefault(directory, Figures.NONE);
    if (reader.silent(directory)) {
      return new Found.Unusable(
          "pool %s: the file system at %s does not answer: look at the kernel log (dmesg)"
              .formatted(name, directory));
    }
    try {
      return switch (pools.look(name)) {
        case LoopPools.Found.Ready _ -> new Found.Free(figures.availableBytes());
        case LoopPools.Found.Refused(var why, _) -> new Found.Unusable(why);
      };
    } catch (IOException e) {
      return new Found.Unusable("pool %s: %s".formatted(name, e.getMessage()));
    }
  }
}
