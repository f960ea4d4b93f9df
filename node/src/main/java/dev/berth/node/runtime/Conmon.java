package dev.berth.node.runtime;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Starts containers under conmon. conmon detaches itself from us, creates the container through the
 * OCI runtime, writes the container's output to its log in the CRI format, and its exit code to a
 * file when it ends. It tells the container's process, or why there is none, in one line of JSON to
 * a descriptor that it inherits.
 *
 * <p>That descriptor is a file here, not a pipe: it must not be one of the standard streams, which
 * conmon closes; it must not depend on us, who may be killed while the container is created; and
 * its writing end stays open in conmon for as long as the container lives. A shell opens it and
 * replaces itself by conmon.
 */
final class Conmon {
  /** Mounts of ill volumes can hang while the container is created. */
  private static final Duration CREATION = Duration.ofMinutes(2);

  private static final Duration DETACHING = Duration.ofSeconds(20);
  private static final String WITH_ANSWER = "answer=$1; shift; exec \"$@\" 3>\"$answer\"";

  /** Creating takes 20 to 100 ms when all is well: look often at first, then less and less. */
  private static final int FIRST_LOOKS = 100;

  private static final int LAST_LOOK_MILLIS = 100;

  private final ChildProcesses children;
  private final OciSettings settings;
  private final OciPrograms programs;

  /** How an attempt to create a container ended. */
  sealed interface Creation {

    /** The container exists; its process waits to be let go. */
    record Created(long pid) implements Creation {}

    /** There is no container. */
    record Refused(String message) implements Creation {}

    /** No answer in time: something hangs; there may be a container. */
    record Silent(String message) implements Creation {}
  }

  Conmon(ChildProcesses children, OciSettings settings, OciPrograms programs) {
    this.children = children;
    this.settings = settings;
    this.programs = programs;
  }

  /** Creates a container from the bundle in {@code paths}, and waits for conmon's answer. */
  Creation create(ContainerPaths paths, ContainerProcess process)
      throws InterruptedException, IOException {
    var deadline = System.nanoTime() + CREATION.toNanos();
    var started = children.run(command(paths, process));
    if (!(started instanceof ChildResult.Exited exited && exited.ok())) {
      return new Creation.Refused("conmon did not start: " + Children.failure(started));
    }
    for (var looks = 0; ; looks++) {
      var alive = monitor(paths).isPresent();
      var answer = answer(paths);
      if (answer.isPresent()) {
        return answer.get();
      }
      if (!alive) {
        return new Creation.Refused("conmon ended without an answer; the system log may say why");
      }
      if (System.nanoTime() > deadline) {
        return new Creation.Silent(
            "the container was not created within %d seconds: a mount or a device hangs"
                .formatted(CREATION.toSeconds()));
      }
      Thread.sleep(Math.clamp(looks - FIRST_LOOKS, 1, LAST_LOOK_MILLIS));
    }
  }

  /** The conmon of a container, as long as it lives. */
  static Optional<ProcessIdentity> monitor(ContainerPaths paths) throws IOException {
    try {
      var text = Files.readString(paths.monitorPidFile()).strip();
      var pid = text.isEmpty() ? 0 : Long.parseLong(text);
      // The number may meanwhile belong to another process.
      return ProcessIdentity.of(pid)
          .filter(identity -> ProcessIdentity.commandLine(pid).contains(paths.cid()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Processes that are at work for this container outside of it: its conmon, a runtime that creates
   * it. They carry its unique name in their command line.
   */
  static List<ProcessIdentity> workers(ContainerPaths paths) throws IOException {
    var found = new ArrayList<ProcessIdentity>();
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (var process : processes) {
        var pid = Long.parseLong(process.getFileName().toString());
        if (ProcessIdentity.commandLine(pid).contains(paths.cid())) {
          ProcessIdentity.of(pid).ifPresent(found::add);
        }
      }
    }
    return found;
  }

  private ChildCommand command(ContainerPaths paths, ContainerProcess process) {
    var words = new ArrayList<String>();
    words.addAll(List.of("-c", WITH_ANSWER, "sh", paths.monitorAnswer().toString()));
    words.add(programs.monitor().toString());
    words.addAll(List.of("--api-version", "1"));
    words.addAll(List.of("--cid", paths.cid(), "--cuuid", paths.cid()));
    words.addAll(List.of("--runtime", programs.runtime().toString()));
    words.add("--runtime-arg=--root=" + ContainerPaths.oci(settings));
    words.addAll(List.of("--bundle", paths.bundle().toString()));
    words.addAll(List.of("--container-pidfile", paths.pidFile().toString()));
    words.addAll(List.of("--conmon-pidfile", paths.monitorPidFile().toString()));
    words.addAll(List.of("--exit-dir", ContainerPaths.exits(settings).toString()));
    words.addAll(List.of("--socket-dir-path", paths.bundle().toString()));
    words.addAll(List.of("--log-path", "k8s-file:" + paths.log()));
    words.addAll(List.of("--log-size-max", String.valueOf(settings.logs().fileBytes())));
    words.addAll(List.of("--log-level", "warning"));
    words.add("--no-sync-log");
    if (process.tty()) {
      words.add("--terminal");
    }
    if (process.stdin()) {
      words.addAll(List.of("--stdin", "--leave-stdin-open"));
    }
    return new ChildCommand(
        "sh",
        words,
        Map.of("_OCI_SYNCPIPE", "3"),
        Deadline.byClock(DETACHING),
        ChildCommand.DEFAULT_OUTPUT_LIMIT_BYTES);
  }

  /** What conmon has answered; empty as long as it has not. */
  private static Optional<Creation> answer(ContainerPaths paths) throws IOException {
    var line = Files.readString(paths.monitorAnswer());
    if (!line.endsWith("\n")) {
      return Optional.empty();
    }
    try {
      var json = JsonMapper.shared().readTree(line);
      var pid = json.path("data").asLong(-1);
      return Optional.of(
          pid > 0
              ? new Creation.Created(pid)
              : new Creation.Refused(json.path("message").asString("no reason given").strip()));
    } catch (JacksonException e) {
      return Optional.of(new Creation.Refused("conmon answered \"" + line.strip() + "\""));
    }
  }
}
