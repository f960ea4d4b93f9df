package dev.berth.node.runtime;

import dev.berth.node.linux.ChildResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs /bin/true in a container of image host, with a memory limit, to see what works here. */
final class RuntimeTrial implements RuntimeProbe.Trial {
  private static final Logger log = LoggerFactory.getLogger(RuntimeTrial.class);
  private static final long MEMORY_BYTES = 64L << 20;

  private final OciHost host;

  RuntimeTrial(OciHost host) {
    this.host = host;
  }

  @Override
  public Optional<String> run(Path runtime) throws InterruptedException, IOException {
    var pod = new PodRef("trial", "berth", "trial");
    var spec =
        new ContainerSpec(
            pod,
            "trial",
            0,
            "host",
            ContainerProcess.of("/bin/true"),
            "trial",
            List.of(),
            List.of(),
            List.of(),
            new ContainerResources(MEMORY_BYTES, 0, 0, 0),
            ContainerSecurity.DEFAULT,
            TerminationMessage.DEFAULT,
            ContainerSpec.DEFAULT_GRACE);
    var paths = ContainerPaths.trial(host.settings(), spec.id(), pod);
    // A server that was killed while it tried may have left something.
    clear(spec, paths);
    try {
      return run(runtime, spec, paths);
    } finally {
      clear(spec, paths);
    }
  }

  private Optional<String> run(Path runtime, ContainerSpec spec, ContainerPaths paths)
      throws IOException, InterruptedException {
    Files.createDirectories(paths.bundle());
    try {
      host.overlay().mount(paths, RootImage.HOST);
    } catch (IOException e) {
      return Optional.of(
          "no overlay can be mounted in %s (%s): the node's root must be on ext4, xfs or btrfs"
              .formatted(paths.directory().getParent(), e.getMessage()));
    }
    for (var file :
        List.of(paths.hosts(), paths.resolvConf(), paths.hostname(), paths.terminationMessage())) {
      Files.writeString(file, "");
    }
    var config =
        new OciConfig(
            spec,
            paths,
            spec.process().command(),
            0,
            host.groups().path(spec.id()),
            List.of(),
            host.groups().limitsSwap(),
            List.of(),
            host.rights());
    Files.write(
        paths.bundle().resolve("config.json"),
        config.toJson().toString().getBytes(StandardCharsets.UTF_8));
    var commands = new OciCommands(host.children(), runtime, paths.bundle().resolve("oci"));
    var result = commands.run(paths.cid(), paths.bundle());
    if (result instanceof ChildResult.Exited exited && exited.ok()) {
      return Optional.empty();
    }
    commands.delete(paths.cid());
    return Optional.of(Children.failure(result));
  }

  private void clear(ContainerSpec spec, ContainerPaths paths) throws InterruptedException {
    try {
      host.groups().removeContainer(spec.id());
      host.groups().removePod(spec.pod().uid());
      host.unmountRoot(paths);
      host.removeTree(paths.directory());
    } catch (IOException e) {
      log.warn("a trial of a container runtime left {} behind", paths.directory(), e);
    }
  }
}
