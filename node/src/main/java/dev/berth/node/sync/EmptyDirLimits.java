package dev.berth.node.sync;

import dev.berth.core.model.Quantity;
import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import dev.berth.node.plugin.EmptyDirs;
import dev.berth.node.plugin.PublishedVolume;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.plugin.VolumePaths;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the emptyDir volumes of one pod that are on disk and have a size limit. What they hold is
 * counted by a child process every now and then, on a virtual thread of its own, so that neither a
 * large directory nor one that does not answer keeps anybody waiting. Those in memory are limited
 * by the kernel.
 */
final class EmptyDirLimits implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmptyDirLimits.class);

  /** Between the end of one count and the next, while what is counted changes. */
  private static final Duration SHORTEST = Duration.ofSeconds(5);

  /** As {@link #SHORTEST}, when nothing has changed for long: a count costs a process. */
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private static final Deadline COUNTING =
      Deadline.byProgress(Duration.ofMinutes(10), Duration.ofMinutes(1));

  private final PodObject pod;
  private final ChildProcesses children;
  private final Map<String, Path> directories = new LinkedHashMap<>();
  private final Map<String, Quantity> limits = new LinkedHashMap<>();
  private final Consumer<String> exceeded;
  private final Thread thread;

  /**
   * @param exceeded told once, in words for people, when a volume holds more than it may
   */
  EmptyDirLimits(
      PodObject pod, VolumePaths paths, ChildProcesses children, Consumer<String> exceeded) {
    this.pod = pod;
    this.children = children;
    this.exceeded = exceeded;
    for (var volume : pod.pod().spec().volumes()) {
      var source = volume.emptyDir();
      if (source != null
          && source.sizeLimit() != null
          && source.sizeLimit().signum() > 0
          && !"Memory".equals(source.medium())) {
        var id = new VolumeId(EmptyDirs.NAME, pod.ref().uid() + "-" + volume.name());
        directories.put(
            volume.name(),
            paths.podVolume(new PublishedVolume(id, "", pod.ref(), volume.name(), volume.name())));
        limits.put(volume.name(), source.sizeLimit());
      }
    }
    this.thread = Thread.ofVirtual().name("limits of pod " + pod.ref()).unstarted(this::watch);
  }

  /** Begins to watch, when there is anything to watch. */
  void start() {
    if (!limits.isEmpty() && thread.getState() == Thread.State.NEW) {
      thread.start();
    }
  }

  private void watch() {
    try {
      var before = new HashMap<String, Long>();
      var interval = SHORTEST;
      while (true) {
        Thread.sleep(interval);
        var doubled = interval.multipliedBy(2);
        interval = doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
        for (var volume : limits.keySet()) {
          var used = usedBytes(volume);
          if (used.isPresent() && !used.get().equals(before.put(volume, used.get()))) {
            interval = SHORTEST;
          }
          var limit = limits.get(volume);
          if (limit != null && used.isPresent() && used.get() > limit.ceiling()) {
            exceeded.accept(
                "emptyDir volume \"%s\" holds %s, more than its sizeLimit %s"
                    .formatted(volume, Quantity.ofBytes(used.get()), limit));
            return;
          }
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("the volumes of pod {} are watched no more", pod.ref());
    }
  }

  /** The blocks of all files, without what is mounted among them; empty when nobody knows. */
  private Optional<Long> usedBytes(String volume) throws InterruptedException {
    var directory = String.valueOf(directories.get(volume));
    var command =
        ChildCommand.of(
            COUNTING, "du", "--summarize", "--one-file-system", "--block-size=1", directory);
    return switch (children.run(command)) {
      // Files that vanish meanwhile make it complain; it counts the others.
      case ChildResult.Exited exited -> {
        var words = exited.out().split("\\s", 2);
        yield words[0].matches("[0-9]+") ? Optional.of(Long.parseLong(words[0])) : Optional.empty();
      }
      case ChildResult.NotStarted missing -> unknown(volume, missing.reason());
      case ChildResult.Killed _ -> unknown(volume, "du makes no progress");
      case ChildResult.Abandoned abandoned -> {
        // Another one would only get stuck beside it.
        while (!abandoned.lateExit().isDone()) {
          Thread.sleep(LONGEST);
        }
        yield unknown(volume, "du did not end for long");
      }
    };
  }

  private Optional<Long> unknown(String volume, String why) {
    LOG.warn("what volume {} of pod {} holds cannot be counted: {}", volume, pod.ref(), why);
    return Optional.empty();
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
