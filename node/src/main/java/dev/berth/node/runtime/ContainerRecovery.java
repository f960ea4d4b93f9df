package dev.berth.node.runtime;

import dev.berth.node.linux.ChildResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds the containers that an earlier server started, and takes away what it left half made: each
 * container's directory is judged by its record and by what the OCI runtime says.
 */
final class ContainerRecovery {
  private static final Logger log = LoggerFactory.getLogger(ContainerRecovery.class);

  private final OciHost host;
  private final ContainerEnd ending;
  private final Commands commands;

  /** The OCI runtime, null when none works. Asked only when there is something to take away. */
  interface Commands {
    @Nullable OciCommands get() throws InterruptedException;
  }

  ContainerRecovery(OciHost host, ContainerEnd ending, Commands commands) {
    this.host = host;
    this.ending = ending;
    this.commands = commands;
  }

  static OciContainer container(OciSettings settings, ContainerRecord record) {
    var paths = ContainerPaths.of(settings, record.id(), record.pod());
    return new OciContainer(record, paths, new ContainerLog(paths.log(), settings.logs().files()));
  }

  /** Adds all containers that are to be known. */
  void run(Map<ContainerId, OciContainer> containers)
      throws IOException, InterruptedException, ContainerFailure {
    var settings = host.settings();
    var names = new HashSet<String>();
    for (var directory : children(ContainerPaths.containers(settings))) {
      var record = ContainerRecords.read(directory.resolve("state.json"));
      if (record.isEmpty()) {
        removeUnrecorded(directory);
        continue;
      }
      var container = container(settings, record.get());
      if (!container.paths.directory().equals(directory)) {
        throw new IOException(
            "%s belongs to a node with another root directory; this one's is %s: was it moved or copied?"
                .formatted(directory, settings.root()));
      }
      if (judge(container)) {
        containers.put(container.id, container);
        names.add(container.paths.cid());
      }
    }
    removeStrays(names);
    removeUnusedImages(containers);
    host.groups().removeEmpty();
  }

  /** Whether the container is to be known. What is not is gone afterwards. */
  private boolean judge(OciContainer container)
      throws IOException, InterruptedException, ContainerFailure {
    var record = container.record();
    if (record.exit() != null || record.process() != null) {
      return true;
    }
    if (record.bootId().equals(host.bootId()) && adopted(container)) {
      return true;
    }
    log.info("removing container {}, which was half made", container.id);
    ending.tearDown(container, commands.get());
    return false;
  }

  /** A container that was let go just before the server was killed is kept. */
  boolean adopted(OciContainer container) throws IOException, InterruptedException {
    if (!Files.exists(container.paths.ociState())) {
      return false;
    }
    // The command that lets the process go may still be at work. Whatever it has done by its end is
    // then final: a process that is judged not to have begun will not begin afterwards.
    var monitor = Conmon.monitor(container.paths);
    for (var worker : Conmon.workers(container.paths)) {
      if (!monitor.equals(Optional.of(worker))) {
        ending.kill(worker);
      }
    }
    var oci = commands.get();
    if (oci == null
        || !(oci.state(container.paths.cid()) instanceof ChildResult.Exited exited)
        || !exited.ok()) {
      return false;
    }
    try {
      var state = JsonMapper.shared().readTree(exited.out());
      var process = ProcessIdentity.of(state.path("pid").asLong(0));
      if (!state.path("status").asString("").equals("running")
          || process.isEmpty()
          || Conmon.monitor(container.paths).isEmpty()) {
        return false;
      }
      log.info("container {} was started just before the server ended: kept", container.id);
      var record = container.record();
      ContainerStart.remember(container, record.running(process.get(), record.createdAt()));
      return true;
    } catch (JacksonException e) {
      log.warn("state of container {} cannot be read: {}", container.id, exited.out());
      return false;
    }
  }

  /** Only a crash of the host, or the removal's last step, leaves a directory without a record. */
  private void removeUnrecorded(Path directory) throws IOException {
    log.info("removing {}, in which no container is recorded", directory);
    var rootfs = directory.resolve("rootfs");
    while (host.mounts().read().at(rootfs).isPresent()) {
      host.syscalls().unmountBind(rootfs, true);
    }
    host.removeTree(directory);
  }

  /** State of the OCI runtime and exit codes that belong to no container. */
  private void removeStrays(Set<String> names) throws IOException, InterruptedException {
    var sameBoot = sameBootAsBefore();
    for (var state : children(ContainerPaths.oci(host.settings()))) {
      var name = state.getFileName().toString();
      if (!names.contains(name)) {
        log.warn("removing container {}, of which nothing is recorded", name);
        var oci = sameBoot ? commands.get() : null;
        if (oci != null) {
          oci.delete(name);
        }
        host.removeTree(state);
      }
    }
    for (var exit : children(ContainerPaths.exits(host.settings()))) {
      if (!names.contains(exit.getFileName().toString())) {
        Files.deleteIfExists(exit);
      }
    }
  }

  /** Process numbers in the OCI runtime's state mean nothing after the host was restarted. */
  private boolean sameBootAsBefore() throws IOException {
    var file = ContainerPaths.runtime(host.settings()).resolve("boot");
    var same = Files.exists(file) && Files.readString(file).equals(host.bootId());
    ContainerRecords.writeWhole(file, host.bootId().getBytes(StandardCharsets.US_ASCII));
    return same;
  }

  private void removeUnusedImages(Map<ContainerId, OciContainer> containers) throws IOException {
    var used = new HashSet<String>();
    for (var container : containers.values()) {
      used.add(container.record().imageId());
    }
    host.images().removeUnused(used);
  }

  private static Set<Path> children(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return Set.copyOf(files.toList());
    }
  }
}
