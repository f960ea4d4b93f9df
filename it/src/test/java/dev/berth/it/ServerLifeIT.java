package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Command;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a server starts, refuses to, stops, and is killed. */
class ServerLifeIT {
  private static final String API_ONLY = "api,controllers,scheduler";
  private static final Duration STOP_BOUND = Duration.ofSeconds(5);

  @TempDir Path dir;

  @Test
  void stopsInOrderWhenAskedAndSaysSo() {
    try (var server = BerthProcess.start("--roles", API_ONLY)) {
      var begun = System.nanoTime();
      assertThat(server.stop()).isZero();
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(STOP_BOUND);
      assertThat(server.log()).contains("stopping: asked to by a signal");
      assertThat(server.socket()).doesNotExist();
    }
  }

  @Test
  void stopsInTimeAlsoWhileClientsWatch() throws IOException {
    try (var server = BerthProcess.start("--roles", API_ONLY)) {
      var watch =
          new ProcessBuilder(
                  "curl",
                  "-sN",
                  "--unix-socket",
                  server.socket().toString(),
                  "http://x/api/v1/pods?watch=true&allowWatchBookmarks=true")
              .redirectErrorStream(true)
              .start();
      try {
        server.berthReading(claim("watched"), "create", "-f", "-").ok();
        var begun = System.nanoTime();
        assertThat(server.stop()).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(STOP_BOUND);
      } finally {
        watch.destroyForcibly();
      }
    }
  }

  @Test
  void isThereAgainAfterBeingKilled() {
    try (var server = BerthProcess.start("--roles", API_ONLY)) {
      server.berthReading(claim("kept"), "create", "-f", "-").ok();
      var before = server.object("/api/v1/namespaces/default/persistentvolumeclaims/kept");
      server.kill();
      assertThat(server.socket()).as("what a killed server leaves").exists();
      server.launch();
      server.awaitReady();
      var after = server.object("/api/v1/namespaces/default/persistentvolumeclaims/kept");
      assertThat(after.at("/metadata/uid")).isEqualTo(before.at("/metadata/uid"));
      assertThat(server.kubectl("get", "ns", "default").ok()).contains("Active");
    }
  }

  @Test
  void credentialsAreForTheirOwnerOnlyAndStayTheSame() throws IOException {
    try (var server = BerthProcess.start("--roles", API_ONLY)) {
      for (var file : List.of(server.kubeconfig(), server.socket())) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as("%s", file)
            .isEqualTo("rw-------");
      }
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(server.dataDir())))
          .isEqualTo("rwx------");
      var before = Files.readString(server.kubeconfig());
      server.restart();
      assertThat(Files.readString(server.kubeconfig())).isEqualTo(before);
    }
  }

  @Test
  void endsWith2AndNamesAnUnknownSettingAndItsNearestKnownOne() throws IOException {
    var config = Files.writeString(dir.resolve("berth.yaml"), "datadir: /tmp/x\n");
    var result = serve("--config", config.toString());
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("no setting datadir; did you mean dataDir?");
  }

  @Test
  void endsWith2OnSettingsThatCannotBe() {
    assertThat(serve("--roles", "node").code()).isEqualTo(2);
    assertThat(serve("--roles", "node").err()).contains("setting roles: expected api among them");
    assertThat(serve("--listen", "nowhere").err()).contains("setting listen: expected HOST:PORT");
    assertThat(serve("--log", "xml").err()).contains("setting log.format: expected text, json");
    assertThat(serve("--config", "/nonexistent/berth.yaml").err())
        .contains("there is no file /nonexistent/berth.yaml");
    assertThat(serve("--no-such-flag").code()).isEqualTo(2);
  }

  @Test
  void endsWith2WhenTheDataDirectoryCannotBe() throws IOException {
    var file = Files.writeString(dir.resolve("file"), "");
    var result = serve("--data-dir", file.resolve("data").toString());
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("setting dataDir: cannot use " + file);
  }

  @Test
  void endsWith3WhenAnotherProcessHoldsTheStore() throws IOException {
    try (var server = BerthProcess.start("--roles", API_ONLY)) {
      var certificate = server.dataDir().resolve("pki/server.crt");
      var before = Files.readString(certificate);
      var result =
          serve(
              "--data-dir", server.dataDir().toString(),
              "--socket", dir.resolve("s").toString(),
              // Another address: a server that listens here has its certificate made anew for it.
              "--listen", "127.0.0.2:0");
      assertThat(result.code()).isEqualTo(3);
      assertThat(Files.readString(certificate)).as("the running server's").isEqualTo(before);
      assertThat(result.err())
          .contains("is in use by")
          .contains(Long.toString(server.pid()))
          .contains("stop that process");
      assertThat(server.ready()).as("the one that holds it goes on").isTrue();
    }
  }

  @Test
  void endsWith2WhenItsNodesRootIsAnothers() throws IOException {
    try (var server = BerthProcess.start()) {
      var root = server.dataDir().resolve("node");
      var config =
          Files.writeString(
              dir.resolve("berth.yaml"), "nodes: [{name: thief, root: %s}]\n".formatted(root));
      var result =
          serve(
              "--config", config.toString(),
              "--data-dir", dir.resolve("data").toString(),
              "--socket", dir.resolve("s").toString(),
              "--listen", "none");
      assertThat(result.code()).isEqualTo(2);
      assertThat(result.err())
          .contains("nodes[].root: " + root + " is held by process " + server.pid());
      assertThat(server.ready()).as("the one that holds it goes on").isTrue();
    }
  }

  @Test
  void endsWith4WhenItsPortIsTaken() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      var address = "127.0.0.1:" + taken.getLocalPort();
      var result =
          serve(
              "--data-dir", dir.resolve("data").toString(),
              "--socket", dir.resolve("s").toString(),
              "--listen", address);
      assertThat(result.code()).isEqualTo(4);
      assertThat(result.err()).contains(address).contains("in use");
    }
  }

  @Test
  void endsWith4WhenAnotherServerListensOnTheSocket() {
    try (var server = BerthProcess.start("--roles", API_ONLY)) {
      var result =
          serve(
              "--data-dir", dir.resolve("data").toString(),
              "--socket", server.socket().toString(),
              "--listen", "none");
      assertThat(result.code()).isEqualTo(4);
      assertThat(result.err()).contains(server.socket().toString());
      assertThat(server.ready()).as("the one that listens there goes on").isTrue();
    }
  }

  @Test
  void startsThroughASymbolicLinkFromAnyDirectory() throws IOException {
    var link =
        Files.createSymbolicLink(
            dir.resolve("berth"), BerthProcess.distribution().resolve("bin/berth"));
    var result = Command.run("sh", "-c", "cd / && " + link + " --version");
    assertThat(result.ok()).startsWith("berth ");
  }

  @Test
  void saysInOneSentenceThatItNeedsAJdk25() {
    var launcher = BerthProcess.distribution().resolve("bin/berth").toString();
    // An empty /usr/lib/jvm, and no java in PATH.
    var script = "mount -t tmpfs none /usr/lib/jvm && exec \"$0\" --version";
    var result =
        Command.run(
            List.of("unshare", "-m", "sh", "-c", script, launcher),
            Map.of("JAVA_HOME", "/nonexistent", "PATH", withoutJava()),
            "");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("needs a JDK 25").contains("set JAVA_HOME");
    assertThat(result.err().strip().lines()).hasSize(1);
  }

  @Test
  void metricsTellOfTheProcess() {
    try (var server = BerthProcess.start("--roles", API_ONLY)) {
      var reply = server.call("GET", "/metrics", "", "");
      assertThat(reply.code()).isEqualTo(200);
      assertThat(reply.body())
          .contains("process_resident_memory_bytes")
          .contains("jvm_memory_used_bytes")
          .contains("berth_registry_writes_total");
    }
  }

  @Test
  void aStaleClassCacheDoesNotKeepItFromStarting() throws IOException {
    var copy = dir.resolve("berth");
    Command.run("cp", "-a", BerthProcess.distribution().toString(), copy.toString()).ok();
    var caches = Files.createDirectories(copy.resolve("lib/aot"));
    var named =
        Command.run(
                "bash",
                "-c",
                "home=$0; . $home/lib/find-jdk; find_jdk; . $home/lib/jvm-options; echo $client_cache",
                copy.toString())
            .ok()
            .strip();
    Files.writeString(Path.of(named), "this is not a cache");
    assertThat(caches.resolve(Path.of(named).getFileName())).exists();
    var result = Command.run(copy.resolve("bin/berth").toString(), "--version");
    assertThat(result.ok()).startsWith("berth ");
    assertThat(result.out().lines()).hasSize(1);
  }

  private static Command.Result serve(String... flags) {
    var command = new java.util.ArrayList<String>();
    command.add(BerthProcess.distribution().resolve("bin/berth").toString());
    command.add("server");
    command.addAll(List.of(flags));
    return Command.run(command, Map.of(), "");
  }

  private static String withoutJava() {
    return "/usr/local/sbin:/usr/sbin:/sbin:/bin";
  }

  private static String claim(String name) {
    return """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: %s}
        spec:
          accessModes: [ReadWriteOnce]
          resources: {requests: {storage: 1Gi}}
        """
        .formatted(name);
  }
}
