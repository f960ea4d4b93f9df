package dev.berth.node.runtime;

import dev.berth.node.linux.ChildResult;
import dev.berth.node.runtime.ContainerFailure.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts a container. The steps, and what a server finds that was killed after each:
 *
 * <ol>
 *   <li>the record, without a process: half made, to be taken away
 *   <li>layers, overlay, bundle: likewise
 *   <li>conmon and, through it, the container with a process that waits: likewise. (conmon may
 *       still be at work; it is found by the container's name in its command line)
 *   <li>the process is let go: the OCI runtime says that it runs, so it is kept
 *   <li>the record with the process: it runs, or has exited
 * </ol>
 */
final class ContainerStart {
  private static final Logger log = LoggerFactory.getLogger(ContainerStart.class);

  /** Loading a program from a slow disk may take long; nothing depends on its having begun. */
  private static final Duration PROGRAM_BEGINS = Duration.ofSeconds(2);

  /** What the image host runs when the pod names no command: nothing, until it is told to end. */
  private static final List<String> SLEEP =
      List.of("/bin/sh", "-c", "trap 'exit 0' TERM INT; while :; do sleep 86400 & wait $!; done");

  /** Below /dev, what every container has its own of. */
  private static final List<Path> PRIVATE_DEVICES =
      List.of(
          Path.of("/dev/pts"),
          Path.of("/dev/ptmx"),
          Path.of("/dev/console"),
          Path.of("/dev/shm"),
          Path.of("/dev/mqueue"));

  private final OciHost host;

  ContainerStart(OciHost host) {
    this.host = host;
  }

  /** What can be found wrong before anything is made. */
  void check(ContainerSpec spec, RootImage image) throws ContainerFailure {
    var security = spec.security();
    if (security.runAsNonRoot() && OciConfig.uid(security) == 0) {
      throw invalid(
          "container %s must not run as root (runAsNonRoot), but image %s does: set runAsUser"
              .formatted(spec.container(), spec.image()));
    }
    for (var mount : spec.mounts()) {
      if (mount.propagation() == ContainerMount.Propagation.BIDIRECTIONAL
          && !security.privileged()) {
        throw invalid(
            "mount %s of container %s propagates to the host (Bidirectional), which only privileged containers may"
                .formatted(mount.containerPath(), spec.container()));
      }
    }
    argv(spec, image);
  }

  /**
   * Takes the container from nothing to running. Its record has been written.
   *
   * @param created runs when its log exists and nothing has been written to it
   */
  void run(
      OciContainer container,
      ContainerSpec spec,
      RootImage image,
      OciPrograms programs,
      Runnable created)
      throws ContainerFailure, InterruptedException, IOException {
    prepare(container, spec, image);
    var paths = container.paths;
    var process = create(paths, spec, programs);
    created.run();
    var waiting = process.commandLine();
    var started = host.commands(programs).start(paths.cid());
    if (!(started instanceof ChildResult.Exited exited && exited.ok())) {
      throw new ContainerFailure(
          Reason.RUN_FAILED,
          "container %s was made but could not be started: %s"
              .formatted(spec.container(), Children.failure(started)));
    }
    awaitProgram(process, waiting);
    remember(container, container.record().running(process, host.clock().instant()));
  }

  /**
   * The OCI runtime says that it has started the container a moment before its process becomes the
   * container's program; until then that process would swallow a signal.
   */
  private static void awaitProgram(ProcessIdentity process, String before)
      throws InterruptedException {
    var deadline = System.nanoTime() + PROGRAM_BEGINS.toNanos();
    while (process.alive()
        && process.commandLine().equals(before)
        && System.nanoTime() < deadline) {
      Thread.sleep(1);
    }
  }

  /** Writes a record, then lets others see it. */
  static void remember(OciContainer container, ContainerRecord record) throws IOException {
    ContainerRecords.write(container.paths.state(), record);
    container.become(record);
  }

  private void prepare(OciContainer container, ContainerSpec spec, RootImage image)
      throws ContainerFailure, IOException {
    var paths = container.paths;
    Files.createDirectories(container.logDirectory());
    Files.createDirectories(paths.bundle());
    try {
      host.overlay().mount(paths, image);
    } catch (IOException e) {
      throw new ContainerFailure(
          Reason.CREATE_FAILED,
          "the root file system of container %s could not be made: %s"
              .formatted(spec.container(), e.getMessage()),
          e);
    }
    Files.writeString(paths.hosts(), hosts(spec));
    Files.writeString(paths.resolvConf(), hostFile("/etc/resolv.conf"));
    Files.writeString(paths.hostname(), spec.hostname() + "\n");
    Files.writeString(paths.terminationMessage(), "");
    for (var file : List.of(paths.hosts(), paths.resolvConf(), paths.hostname())) {
      Files.setAttribute(file, "unix:mode", 0644);
    }
    Files.setAttribute(paths.terminationMessage(), "unix:mode", 0666);
    var security = spec.security();
    var config =
        new OciConfig(
            spec,
            paths,
            argv(spec, image),
            primaryGroup(security, image),
            host.groups().path(spec.id()),
            devices(spec),
            host.groups().limitsSwap(),
            OciCapabilities.of(security, host.rights()),
            host.rights());
    Files.write(
        paths.bundle().resolve("config.json"),
        config.toJson().toString().getBytes(StandardCharsets.UTF_8));
  }

  private ProcessIdentity create(ContainerPaths paths, ContainerSpec spec, OciPrograms programs)
      throws ContainerFailure, InterruptedException, IOException {
    var conmon = new Conmon(host.children(), host.settings(), programs);
    return switch (conmon.create(paths, spec.process())) {
      case Conmon.Creation.Created(var pid) ->
          ProcessIdentity.of(pid)
              .orElseThrow(
                  () ->
                      new ContainerFailure(
                          Reason.CREATE_FAILED,
                          "container %s: its process ended before it was started"
                              .formatted(spec.container())));
      case Conmon.Creation.Refused(var message) -> throw refused(spec, message);
      case Conmon.Creation.Silent(var message) ->
          throw new ContainerFailure(
              Reason.CREATE_FAILED, "container %s: %s".formatted(spec.container(), message));
    };
  }

  /** The OCI runtimes look for the program while they create the container. */
  private static ContainerFailure refused(ContainerSpec spec, String message) {
    var lower = message.toLowerCase(Locale.ROOT);
    var program =
        lower.contains("executable file") || lower.contains("exec: ") || lower.contains("chdir");
    log.debug("container {} refused: {}", spec.id(), message);
    return new ContainerFailure(
        program ? Reason.RUN_FAILED : Reason.CREATE_FAILED,
        "container %s: %s".formatted(spec.container(), message));
  }

  private static List<String> argv(ContainerSpec spec, RootImage image) throws ContainerFailure {
    var argv = new ArrayList<>(spec.process().command());
    argv.addAll(spec.process().args());
    if (!argv.isEmpty()) {
      return argv;
    }
    if (image.host()) {
      return SLEEP;
    }
    throw invalid(
        "container %s names no command, and image %s is a plain root file system, which has none: set command in the pod"
            .formatted(spec.container(), spec.image()));
  }

  /** The host's own names, then those that the pod adds. */
  private static String hosts(ContainerSpec spec) {
    var text = new StringBuilder(hostFile("/etc/hosts"));
    if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
      text.append('\n');
    }
    spec.hosts().forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }

  private static String hostFile(String path) {
    try {
      return Files.readString(Path.of(path), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      log.debug("this host has no readable {}", path, e);
      return "";
    }
  }

  private static long primaryGroup(ContainerSecurity security, RootImage image) throws IOException {
    var group = security.runAsGroup();
    if (group != null) {
      return group;
    }
    var uid = OciConfig.uid(security);
    if (uid == 0) {
      return 0;
    }
    try {
      for (var line : Files.readAllLines(image.directory().resolve("etc/passwd"))) {
        var fields = line.split(":");
        if (fields.length > 3 && fields[2].equals(String.valueOf(uid))) {
          return Long.parseLong(fields[3]);
        }
      }
    } catch (NoSuchFileException | NumberFormatException e) {
      log.debug("image {} has no usable passwd", image.id(), e);
    }
    return 0;
  }

  private List<OciConfig.DeviceNode> devices(ContainerSpec spec)
      throws ContainerFailure, IOException {
    var nodes = new ArrayList<OciConfig.DeviceNode>();
    if (spec.security().privileged()) {
      try (var files = Files.walk(Path.of("/dev"), 2)) {
        for (var file : files.toList()) {
          if (PRIVATE_DEVICES.stream().noneMatch(file::startsWith)) {
            add(nodes, file, file.toString(), false, false);
          }
        }
      }
    }
    for (var device : spec.devices()) {
      var added = new ArrayList<OciConfig.DeviceNode>();
      add(added, device.hostPath(), device.containerPath(), device.readOnly(), true);
      if (added.isEmpty()) {
        throw invalid(
            "device %s of container %s is not a device file"
                .formatted(device.hostPath(), spec.container()));
      }
      device.group().ifPresent(group -> added.replaceAll(node -> node.ofGroup(group)));
      nodes.removeIf(node -> node.path().equals(device.containerPath()));
      nodes.addAll(added);
    }
    return nodes;
  }

  private void add(
      List<OciConfig.DeviceNode> nodes, Path file, String path, boolean readOnly, boolean follow)
      throws IOException {
    var status = host.syscalls().status(file, follow);
    var type =
        switch (status.type()) {
          case BLOCK_DEVICE -> 'b';
          case CHARACTER_DEVICE -> 'c';
          case REGULAR, DIRECTORY, SYMBOLIC_LINK, FIFO, SOCKET, UNKNOWN -> ' ';
        };
    if (type != ' ') {
      nodes.add(
          new OciConfig.DeviceNode(
              path,
              type,
              status.represents(),
              status.permissions() & 0777,
              status.gid(),
              readOnly));
    }
  }

  private static ContainerFailure invalid(String message) {
    return new ContainerFailure(Reason.CONFIG_INVALID, message);
  }
}
