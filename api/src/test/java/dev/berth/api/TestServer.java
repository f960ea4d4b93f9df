package dev.berth.api;

import dev.berth.api.http.Limits;
import dev.berth.api.http.Transport;
import dev.berth.core.explain.Explanation;
import dev.berth.core.explain.Explanations;
import dev.berth.core.node.NodeAccess;
import dev.berth.core.node.NodeStorage;
import dev.berth.core.node.VolumeUsage;
import dev.berth.core.observe.Meters;
import dev.berth.core.registry.Bootstrap;
import dev.berth.core.registry.Registry;
import dev.berth.core.registry.Resources;
import dev.berth.core.storage.InMemoryObjectStore;
import dev.berth.core.storage.ObjectKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A whole API server over an in-memory store, on free ports, and the programs that talk to it. */
final class TestServer implements AutoCloseable {
  final Path directory;
  final InMemoryObjectStore store = new InMemoryObjectStore();
  final LocalCommands containers = new LocalCommands();
  final Map<String, NodeStorage> disks = new ConcurrentHashMap<>();
  volatile @Nullable Explanations explanations;
  final Map<String, List<VolumeUsage>> usage = new ConcurrentHashMap<>();
  final List<String> missing = new ArrayList<>();
  final Resources resources;
  final ApiServer server;

  TestServer(Limits limits, Transport transport) throws IOException {
    directory = Files.createTempDirectory("berth-api-");
    var registry = new Registry(store, InstantSource.system(), new Random(1), Meters.none());
    Bootstrap.ensure(registry);
    resources = registry;
    server = ApiServer.start(config(limits), foundation(), transport);
  }

  ApiConfig config(Limits limits) {
    return new ApiConfig(
        new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
        socket(),
        directory.resolve("pki"),
        kubeconfig(),
        "0.0.0-test",
        Duration.ofSeconds(1),
        limits);
  }

  ApiServer.Foundation foundation() {
    return new ApiServer.Foundation(
        resources,
        new NodeAccess(
            containers,
            node -> Optional.ofNullable(disks.get(node)),
            node -> Optional.ofNullable(usage.get(node))),
        Optional.of(this::explain),
        Meters.none(),
        () -> "berth_test 1\n".getBytes(StandardCharsets.UTF_8),
        () -> List.copyOf(missing),
        InstantSource.system());
  }

  private CompletableFuture<Optional<Explanation>> explain(
      ObjectKey key, long revision, int limit) {
    var decider = explanations;
    return decider == null ? new CompletableFuture<>() : decider.of(key, revision, limit);
  }

  static TestServer start() throws IOException {
    return start(Limits.DEFAULT);
  }

  static TestServer start(Limits limits) throws IOException {
    return new TestServer(limits, Transport.best());
  }

  Path socket() {
    return directory.resolve("run/berth.sock");
  }

  Path kubeconfig() {
    return directory.resolve("admin.kubeconfig");
  }

  int port() {
    return Objects.requireNonNull(server.address()).getPort();
  }

  String url() {
    return "https://127.0.0.1:" + port();
  }

  Outcome kubectl(String... arguments) {
    return kubectlWith("", arguments);
  }

  /** Runs the real kubectl over TLS. */
  Outcome kubectlWith(String stdin, String... arguments) {
    return run(stdin, kubectlCommand(arguments));
  }

  List<String> kubectlCommand(String... arguments) {
    var command = new ArrayList<String>();
    command.add("kubectl");
    command.add("--kubeconfig=" + kubeconfig());
    command.add("--cache-dir=" + directory.resolve("cache"));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Runs curl over the unix socket. */
  Outcome curl(String... arguments) {
    var command = new ArrayList<String>();
    command.addAll(List.of("curl", "-sS", "--max-time", "30", "--unix-socket"));
    command.add(socket().toString());
    command.addAll(List.of(arguments));
    return run("", command);
  }

  Outcome run(String stdin, List<String> command) {
    return run(stdin, command, Map.of());
  }

  Outcome run(String stdin, List<String> command, Map<String, String> environment) {
    try {
      var out = Files.createTempFile(directory, "out", "");
      var err = Files.createTempFile(directory, "err", "");
      var builder = new ProcessBuilder(command);
      builder.redirectOutput(out.toFile()).redirectError(err.toFile());
      builder.environment().put("HOME", directory.toString());
      builder.environment().putAll(environment);
      var process = builder.start();
      try {
        try (var input = process.getOutputStream()) {
          input.write(stdin.getBytes(StandardCharsets.UTF_8));
        } catch (IOException closed) {
          // The program did not want to read all of its input.
        }
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
          throw new AssertionError(
              command + " did not end:\n" + Files.readString(out) + Files.readString(err));
        }
        return new Outcome(process.exitValue(), Files.readString(out), Files.readString(err));
      } finally {
        process.destroyForcibly();
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  Path file(String name, String text) {
    try {
      return Files.writeString(directory.resolve(name), text);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Override
  public void close() throws IOException {
    containers.processes.forEach(Process::destroyForcibly);
    server.close();
    store.close();
    try (var files = Files.walk(directory)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.deleteIfExists(file);
                } catch (IOException failure) {
                  throw new UncheckedIOException(failure);
                }
              });
    }
  }
}
