package dev.berth.node;

import dev.berth.node.disk.Outcome;
import dev.berth.node.disk.SafeRemoval;
import dev.berth.node.plugin.LocalMemory;
import dev.berth.node.plugin.VolumePaths;
import dev.berth.node.runtime.ContainerFailure;
import dev.berth.node.runtime.ContainerRuntime;
import dev.berth.node.runtime.ContainerStatus;
import dev.berth.node.volume.NodeVolumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/**
 * Takes away everything that a node has put on its host: containers, mounts, loop devices, and its
 * root directory. What is on volumes stays: disks, directories and images are let go of, never
 * written. Whoever calls it holds the {@link NodeRoot}, so that no server works there meanwhile.
 *
 * <p>Each step begins only when the one before it is complete: nothing is unmounted under a process
 * that runs, and nothing is removed as long as anything is mounted. It can be repeated.
 */
public final class NodeCleanup {
  /** All that a node makes in its root, and what a file system of its own has there. */
  private static final Set<String> OURS =
      Set.of("disk-journal", "lock", "logs", "lost+found", "plugins", "pods", "runtime");

  /** Whoever takes a node off its host waits for it. */
  static final Duration LONGEST_GRACE = Duration.ofMinutes(2);

  private final Path root;
  private final NodeHost host;
  private final NodeVolumes.Tools tools;
  private final ContainerRuntime runtime;
  private final Consumer<String> say;
  private final boolean dryRun;

  /**
   * @param runtime of this node, not yet recovered
   * @param say takes a line for each thing that is done
   * @param dryRun only says what would be done
   * @throws IOException when the host cannot be read
   */
  public NodeCleanup(
      NodeConfig config,
      NodeHost host,
      ContainerRuntime runtime,
      Consumer<String> say,
      boolean dryRun)
      throws IOException {
    this.root = config.root().toRealPath();
    this.host = host;
    this.tools = host.tools(config);
    this.runtime = runtime;
    this.say = say;
    this.dryRun = dryRun;
  }

  /**
   * Does it.
   *
   * @return why it could not be completed; empty when nothing is left
   */
  public Optional<String> run() throws IOException, InterruptedException {
    for (var step :
        new Step[] {
          this::strangers, this::containers, this::mounts, this::loops, this::directories
        }) {
      var problem = step.take();
      if (problem.isPresent()) {
        return problem;
      }
    }
    return Optional.empty();
  }

  @FunctionalInterface
  private interface Step {
    Optional<String> take() throws IOException, InterruptedException;
  }

  /** The root goes with everything in it: nothing must be there that is not the node's. */
  private Optional<String> strangers() throws IOException {
    var found = new TreeSet<Path>();
    try (var entries = Files.newDirectoryStream(root)) {
      entries.forEach(found::add);
    }
    found.removeIf(entry -> OURS.contains(String.valueOf(entry.getFileName())));
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s is not the node's and lies below %s, which is to be removed: move it away first"
                .formatted(found.first(), root));
  }

  private Optional<String> containers() throws IOException, InterruptedException {
    var records = root.resolve("runtime/containers");
    if (!Files.isDirectory(records)) {
      return Optional.empty();
    }
    if (dryRun) {
      try (var found = Files.newDirectoryStream(records)) {
        found.forEach(record -> say.accept("would end the container of " + record));
      }
      return Optional.empty();
    }
    try {
      runtime.recover();
      var pods = new TreeSet<String>();
      var containers = runtime.list();
      for (ContainerStatus container : containers) {
        say.accept(
            "ending container %s of pod %s, which may take %d s"
                .formatted(
                    container.id().container(), container.pod(), grace(container).toSeconds()));
        pods.add(container.id().podUid());
      }
      end(containers);
      for (var pod : pods) {
        runtime.removePod(pod);
      }
      return Optional.empty();
    } catch (ContainerFailure e) {
      return Optional.of("containers could not be ended: " + e.getMessage());
    }
  }

  /** All at once: the longest of the grace periods is waited for, not their sum. */
  private void end(List<ContainerStatus> containers) throws ContainerFailure, InterruptedException {
    var stops =
        containers.stream()
            .map(
                container ->
                    (Callable<Void>)
                        () -> {
                          runtime.stop(container.id(), grace(container));
                          return null;
                        })
            .toList();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var stopped : threads.invokeAll(stops)) {
        stopped.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ContainerFailure failure) {
        throw failure;
      }
      throw new IllegalStateException("a container cannot be stopped", e.getCause());
    }
  }

  private static Duration grace(ContainerStatus container) {
    var asked = container.grace();
    return asked.compareTo(LONGEST_GRACE) > 0 ? LONGEST_GRACE : asked;
  }

  private Optional<String> mounts() throws IOException, InterruptedException {
    var table = host.mounts().read();
    // What was mounted last may lie on what was mounted before it.
    for (var mount : table.entries().reversed()) {
      var target = Path.of(mount.target());
      // The root may be on a disk of its own, which Berth did not mount.
      if (!target.startsWith(root) || target.equals(root)) {
        continue;
      }
      say.accept((dryRun ? "would unmount " : "unmounting ") + target);
      if (!dryRun) {
        var outcome = tools.mounts().mounter().unmount(target);
        if (!(outcome instanceof Outcome.Done)) {
          return Optional.of(
              "%s could not be unmounted: %s; end the processes that use it (fuser -vm %s)"
                  .formatted(target, outcome.text(), target));
        }
      }
    }
    return Optional.empty();
  }

  /** Those that are bound to images of volumes, or to what lay under the root. */
  private Optional<String> loops() throws IOException {
    var images = new LocalMemory(new VolumePaths(root), tools.disks().journal()).images();
    for (var loop : tools.loops().bound().entrySet()) {
      var file = loop.getValue();
      if (!images.contains(file) && !file.startsWith(root)) {
        continue;
      }
      say.accept(
          "%s /dev/loop%d from %s"
              .formatted(dryRun ? "would detach" : "detaching", loop.getKey(), file));
      if (!dryRun && !tools.loops().detach(loop.getKey(), file)) {
        return Optional.of(
            "somebody has /dev/loop%d open, the device of %s; end that"
                .formatted(loop.getKey(), file));
      }
    }
    return Optional.empty();
  }

  private Optional<String> directories() throws IOException {
    if (dryRun) {
      say.accept("would remove " + root + " with everything in it, never across a mount");
      return Optional.empty();
    }
    say.accept("removing " + root);
    var removed =
        host.mounts().read().at(root).isPresent()
            ? host.removal().removeContents(root, SafeRemoval.Immutable.CLEAR)
            : host.removal().removeTree(root, SafeRemoval.Immutable.CLEAR);
    return switch (removed) {
      case SafeRemoval.Result.Removed _ -> Optional.empty();
      case SafeRemoval.Result.StoppedAtMount(_, var message) -> Optional.of(message);
      case SafeRemoval.Result.Failed(_, var message) -> Optional.of(message);
    };
  }
}
