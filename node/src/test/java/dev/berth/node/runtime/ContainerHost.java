package dev.berth.node.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.core.node.ExecCommand;
import dev.berth.core.node.LogQuery;
import dev.berth.core.observe.Meters;
import dev.berth.node.disk.MountTable;
import dev.berth.node.disk.OpenatRemoval;
import dev.berth.node.linux.JnrSyscalls;
import dev.berth.node.linux.Syscalls;
import dev.berth.node.linux.SystemChildProcesses;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A node's root on this host with the real runc and conmon. After each test nothing may be left:
 * processes, mounts, control groups, files.
 */
final class ContainerHost implements BeforeEachCallback, AfterEachCallback {
  static final Syscalls SYSCALLS = new JnrSyscalls();
  static final SystemChildProcesses CHILDREN =
      new SystemChildProcesses(SystemChildProcesses.Limits.DEFAULT, Meters.none());
  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final List<Path> binds = new ArrayList<>();
  private final List<Path> elsewheres = new ArrayList<>();
  private final List<OciRuntime> runtimes = new ArrayList<>();
  private final Map<String, OciSettings> nodes = new LinkedHashMap<>();
  private final Map<OciRuntime, OciSettings> settings = new HashMap<>();
  final List<ContainerStatus> exits = new CopyOnWriteArrayList<>();
  private Path directory = Path.of("/nowhere");

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    for (var tool : List.of("runc", "conmon")) {
      assertThat(CHILDREN.locate(tool))
          .as("these tests need %s: apt-get install %s", tool, tool)
          .isPresent();
    }
    directory = Files.createTempDirectory("berth-runtime-");
    Files.writeString(directory.resolve("secret"), "data of the server");
  }

  Path directory() {
    return directory;
  }

  OciSettings settings() {
    return settings("n" + ProcessHandle.current().pid() + "-" + NUMBERS.incrementAndGet());
  }

  OciSettings settings(String node) {
    return new OciSettings(
        node, directory.resolve(node), List.of(directory), Map.of("nginx", "host"));
  }

  OciSettings settingsOf(OciRuntime runtime) {
    return Objects.requireNonNull(settings.get(runtime));
  }

  /** A container that runs a shell script with something of the host mounted. */
  ContainerSpec mounting(ContainerMount mount, String script) {
    return mounting(List.of(mount), ContainerSecurity.DEFAULT, script);
  }

  ContainerSpec mounting(List<ContainerMount> mounts, ContainerSecurity security, String script) {
    return with(mounts, ContainerResources.BEST_EFFORT, security, script);
  }

  ContainerSpec secured(ContainerSecurity security, String script) {
    return with(List.of(), ContainerResources.BEST_EFFORT, security, script);
  }

  ContainerSpec limited(ContainerResources resources, String script) {
    return with(List.of(), resources, ContainerSecurity.DEFAULT, script);
  }

  private static ContainerSpec with(
      List<ContainerMount> mounts,
      ContainerResources resources,
      ContainerSecurity security,
      String script) {
    var pod = pod();
    return new ContainerSpec(
        pod,
        "main",
        0,
        "host",
        ContainerProcess.of("/bin/sh", "-c", script),
        pod.name(),
        List.of("192.0.2.7 friend"),
        mounts,
        List.of(),
        resources,
        security,
        TerminationMessage.DEFAULT,
        ContainerSpec.DEFAULT_GRACE);
  }

  /** Binds a directory for the time of the test. */
  void bind(Path source, Path target) throws IOException {
    SYSCALLS.bindMount(source, target, false);
    binds.addFirst(target);
  }

  /** A runtime that has recovered. */
  OciRuntime open() throws Exception {
    return open(settings());
  }

  OciRuntime open(OciSettings settings) throws Exception {
    var runtime = create(settings);
    runtime.recover();
    return runtime;
  }

  /** Settings with other programs. */
  OciSettings programs(List<String> runtimes, String conmon) {
    var usual = settings();
    return new OciSettings(
        usual.node(),
        usual.root(),
        usual.hidden(),
        usual.imageAliases(),
        runtimes,
        conmon,
        usual.logs());
  }

  /** Settings with other names of images. */
  OciSettings aliases(Map<String, String> aliases) {
    var usual = settings();
    return new OciSettings(usual.node(), usual.root(), usual.hidden(), aliases);
  }

  void deleteAfterwards(Path elsewhere) {
    elsewheres.add(elsewhere);
  }

  /** A program that is a shell script. */
  Path script(String name, String text) throws IOException {
    var file = directory.resolve(name);
    Files.writeString(file, "#!/bin/sh\n" + text + "\n");
    Files.setAttribute(file, "unix:mode", 0755);
    return file;
  }

  OciRuntime create(OciSettings settings) throws IOException {
    var runtime =
        OciRuntime.on(
            settings,
            SYSCALLS,
            CHILDREN,
            new OpenatRemoval(SYSCALLS),
            MountTable.reader(),
            new ContainerMeters(Meters.none()),
            Clock.systemUTC());
    runtime.onExit(exits::add);
    runtimes.add(runtime);
    nodes.put(settings.node(), settings);
    this.settings.put(runtime, settings);
    return runtime;
  }

  /** Lets go of a runtime as the end of the server does. */
  void close(OciRuntime runtime) {
    runtimes.remove(runtime);
    runtime.close();
  }

  static PodRef pod() {
    var number = NUMBERS.incrementAndGet();
    return new PodRef(
        "uid-%d-%d".formatted(ProcessHandle.current().pid(), number), "default", "pod-" + number);
  }

  static ContainerSpec spec(String... command) {
    return new ContainerSpec(pod(), "main", 0, "host", ContainerProcess.of(command));
  }

  static ContainerSpec shell(String script) {
    return spec("/bin/sh", "-c", script);
  }

  /** What a command in the container prints. */
  static Ran run(ContainerRuntime runtime, ContainerId id, String... command) throws Exception {
    var ran = new Ran();
    var session = runtime.exec(id, new ExecCommand(List.of(command), false, false), ran);
    try (session) {
      ran.result.get(20, TimeUnit.SECONDS);
    }
    return ran;
  }

  static String log(ContainerRuntime runtime, ContainerId id) throws Exception {
    try (var in = runtime.logs(id, LogQuery.ALL)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** Waits for a container's end. */
  static ContainerState.Exited exit(ContainerRuntime runtime, ContainerId id) {
    return (ContainerState.Exited)
        await()
            .atMost(Duration.ofSeconds(20))
            .pollInterval(Duration.ofMillis(5))
            .until(
                () -> runtime.status(id).orElseThrow().state(),
                ContainerState.Exited.class::isInstance);
  }

  static void awaitLog(ContainerRuntime runtime, ContainerId id, String text) {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(5))
        .untilAsserted(() -> assertThat(log(runtime, id)).contains(text));
  }

  private HostLeftovers leftovers() {
    return new HostLeftovers(directory, nodes.keySet());
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    var left = new ArrayList<String>();
    try {
      for (var runtime : List.copyOf(runtimes)) {
        for (var status : runtime.list()) {
          runtime.removePod(status.pod().uid());
        }
        close(runtime);
      }
      for (var target : binds) {
        SYSCALLS.unmountBind(target, true);
      }
      left.addAll(leftovers().inTheEnd());
    } finally {
      runtimes.clear();
      leftovers().takeAway(elsewheres);
    }
    assertThat(left).as("left behind").isEmpty();
  }

  /** What is left of a runtime's containers, itself aside. */
  List<String> leftBehind(OciRuntime runtime) throws IOException {
    var node = settingsOf(runtime).node();
    return leftovers().now().stream()
        .filter(left -> !left.matches("/sys/fs/cgroup/[^/]*/?berth/" + node))
        .toList();
  }

  /** Where a control group exists. */
  static List<Path> groups(String group) throws IOException {
    return HostLeftovers.hierarchies().stream()
        .map(hierarchy -> Path.of(hierarchy + group))
        .filter(Files::isDirectory)
        .toList();
  }
}
