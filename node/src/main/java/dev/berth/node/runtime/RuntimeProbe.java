package dev.berth.node.runtime;

import dev.berth.node.linux.ChildCommand;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.linux.ChildResult;
import dev.berth.node.linux.Deadline;
import dev.berth.node.runtime.ContainerFailure.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Finds the first OCI runtime that really runs a container on this host, by running one. A version
 * number tells nothing: crun refuses some hosts' control groups, runc some kernels.
 *
 * <p>The finding is kept in {@code ROOT/runtime/probe.json} as long as programs (path, size, time
 * of change), kernel and control groups stay the same, so that the next start of the server costs a
 * few stats. A failure is not kept: installing a package heals it.
 */
final class RuntimeProbe {
  private static final Logger log = LoggerFactory.getLogger(RuntimeProbe.class);
  private static final Duration FAILURE_HOLDS = Duration.ofSeconds(10);
  private static final Deadline QUICK = Deadline.byClock(Duration.ofSeconds(10));

  private final OciSettings settings;
  private final ChildProcesses children;
  private final String kernel;
  private final Trial trial;
  private final Clock clock;

  private @Nullable OciPrograms found;
  private @Nullable ContainerFailure failure;
  private Instant failedAt = Instant.EPOCH;

  /** Runs /bin/true in a container by the given runtime. */
  interface Trial {
    /**
     * Runs it.
     *
     * @return why it did not work, or empty
     */
    Optional<String> run(Path runtime) throws InterruptedException, IOException;
  }

  /**
   * @param kernel names everything of the host that the outcome depends on
   */
  RuntimeProbe(
      OciSettings settings, ChildProcesses children, String kernel, Trial trial, Clock clock) {
    this.settings = settings;
    this.children = children;
    this.kernel = kernel;
    this.trial = trial;
    this.clock = clock;
  }

  /**
   * The programs to use. The first call finds out, the others wait for it.
   *
   * @throws ContainerFailure RUNTIME_UNAVAILABLE, naming what to install
   */
  synchronized OciPrograms programs() throws ContainerFailure, InterruptedException {
    var known = found;
    if (known != null) {
      return known;
    }
    if (failure != null && clock.instant().isBefore(failedAt.plus(FAILURE_HOLDS))) {
      throw new ContainerFailure(failure.reason(), String.valueOf(failure.getMessage()), failure);
    }
    try {
      var programs = cached().orElse(null);
      if (programs == null) {
        programs = probe();
        keep(programs);
      }
      log.info("containers run by {} under {}", programs.name(), programs.monitor());
      found = programs;
      return programs;
    } catch (ContainerFailure e) {
      failure = e;
      failedAt = clock.instant();
      throw e;
    }
  }

  /** Looks again next time: a program that was there no longer works. */
  synchronized void forget() {
    found = null;
    try {
      Files.deleteIfExists(file());
    } catch (IOException e) {
      log.warn("could not remove {}", file(), e);
    }
  }

  private OciPrograms probe() throws ContainerFailure, InterruptedException {
    var monitor =
        children
            .locate(settings.conmon())
            .orElseThrow(
                () ->
                    new ContainerFailure(
                        Reason.RUNTIME_UNAVAILABLE,
                        "the program %s is not installed on this node, and containers need it: install the Debian package conmon (apt-get install conmon)"
                            .formatted(settings.conmon())));
    var complaints = new ArrayList<String>();
    for (var name : settings.runtimes()) {
      var path = children.locate(name);
      if (path.isEmpty()) {
        complaints.add(name + " is not installed");
        continue;
      }
      try {
        var complaint = trial.run(path.get());
        if (complaint.isEmpty()) {
          return new OciPrograms(path.get(), version(path.get()), monitor);
        }
        log.warn("{} cannot run containers here: {}", path.get(), complaint.get());
        complaints.add(path.get() + " does not work here: " + complaint.get());
      } catch (IOException e) {
        complaints.add(path.get() + " could not be tried: " + e);
      }
    }
    throw new ContainerFailure(
        Reason.RUNTIME_UNAVAILABLE,
        "no container runtime works on this node (%s): install the Debian package runc (apt-get install runc) or repair it"
            .formatted(String.join("; ", complaints)));
  }

  /** Name and version in the form that nodes report: {@code runc://1.1.5}. */
  private String version(Path runtime) throws InterruptedException {
    var name = runtime.getFileName().toString();
    var result = children.run(ChildCommand.of(QUICK, runtime.toString(), "--version"));
    if (result instanceof ChildResult.Exited exited && exited.ok()) {
      var words = exited.out().lines().findFirst().orElse("").split(" ");
      return name + "://" + words[words.length - 1];
    }
    return name + "://unknown";
  }

  private Optional<OciPrograms> cached() {
    try {
      var json = JsonMapper.shared().readTree(Files.readAllBytes(file()));
      var programs =
          new OciPrograms(
              Path.of(json.path("runtime").asString("")),
              json.path("name").asString(""),
              Path.of(json.path("monitor").asString("")));
      return json.path("fingerprint").asString("").equals(fingerprint(programs))
          ? Optional.of(programs)
          : Optional.empty();
    } catch (IOException | JacksonException e) {
      // Nothing kept, or not for these programs: find out anew.
      return Optional.empty();
    }
  }

  private void keep(OciPrograms programs) {
    var json = JsonNodeFactory.instance.objectNode();
    try {
      json.put("runtime", programs.runtime().toString());
      json.put("name", programs.name());
      json.put("monitor", programs.monitor().toString());
      json.put("fingerprint", fingerprint(programs));
      Files.createDirectories(file().getParent());
      ContainerRecords.writeWhole(file(), json.toString().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      log.warn("could not keep what was found out about container runtimes", e);
    }
  }

  /** Changes when the outcome may: a preferred runtime that was installed since counts too. */
  private String fingerprint(OciPrograms programs) throws IOException {
    var parts = new ArrayList<String>();
    parts.add(kernel);
    parts.add(identity(programs.monitor()));
    for (var name : settings.runtimes()) {
      var path = children.locate(name);
      parts.add(path.isEmpty() ? name + " absent" : identity(path.get()));
    }
    return String.join("\n", parts);
  }

  private static String identity(Path program) throws IOException {
    return "%s %d %s"
        .formatted(program, Files.size(program), Files.getLastModifiedTime(program).toInstant());
  }

  private Path file() {
    return ContainerPaths.runtime(settings).resolve("probe.json");
  }
}
