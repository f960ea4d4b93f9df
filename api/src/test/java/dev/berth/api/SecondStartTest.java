package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.node.NodeAccess;
import dev.berth.core.observe.Meters;
import dev.berth.core.registry.Bootstrap;
import dev.berth.core.registry.Registry;
import dev.berth.core.storage.InMemoryObjectStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a start costs, told by the classes that it loads. */
@Timeout(120)
class SecondStartTest {
  @TempDir private Path directory;

  /** A server in a process of its own, which serves kubectl once. */
  public static final class Server {
    public static void main(String[] arguments) throws Exception {
      var directory = Path.of(arguments[0]);
      var registry =
          new Registry(
              new InMemoryObjectStore(), InstantSource.system(), new Random(1), Meters.none());
      Bootstrap.ensure(registry);
      var config =
          ApiConfig.below(
              directory,
              new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
              directory.resolve("s"),
              "0");
      var foundation =
          new ApiServer.Foundation(
              registry,
              new NodeAccess(
                  new LocalCommands(), node -> Optional.empty(), node -> Optional.empty()),
              Optional.empty(),
              Meters.none(),
              () -> new byte[0],
              List::of,
              InstantSource.system());
      try (var server = ApiServer.start(config, foundation)) {
        Objects.requireNonNull(server.address());
        var kubectl =
            new ProcessBuilder(
                    "kubectl",
                    "--kubeconfig=" + config.kubeconfig(),
                    "--cache-dir=" + directory.resolve("cache"),
                    "create",
                    "namespace",
                    "made")
                .inheritIO()
                .start();
        System.exit(kubectl.waitFor());
      }
    }
  }

  private List<String> classesLoaded() throws Exception {
    var output = Files.createTempFile(directory, "classes", "");
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Server.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(() -> tail(output)).isZero();
      return Files.readAllLines(output);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String tail(Path file) {
    try {
      var lines = Files.readAllLines(file);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size()));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  @Test
  void onlyTheFirstStartLoadsBouncyCastle() throws Exception {
    assertThat(classesLoaded()).anyMatch(line -> line.contains("org.bouncycastle"));
    assertThat(classesLoaded())
        .anyMatch(line -> line.contains("sun.security.ssl.SSLEngineImpl"))
        .anyMatch(line -> line.contains("io.netty.channel.epoll.Native"))
        .noneMatch(line -> line.contains("org.bouncycastle"))
        .noneMatch(line -> line.contains("snakeyaml"));
  }
}
