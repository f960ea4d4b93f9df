package dev.berth.bin;

import dev.berth.bin.client.Console;
import dev.berth.bin.config.ConfigFile;
import dev.berth.bin.config.Role;
import dev.berth.bin.observe.Logging;
import dev.berth.core.model.Json;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Lets a server, and the client commands, do a little of everything once, so that the JVM can note
 * which classes each needs: what {@code lib/warm-up} runs to make the caches for later starts. It
 * works on a directory of its own and touches neither disks nor containers.
 */
public final class WarmUp {
  private static final String MANIFEST =
      """
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: warm-up}
      provisioner: kubernetes.io/no-provisioner
      volumeBindingMode: WaitForFirstConsumer
      ---
      apiVersion: v1
      kind: PersistentVolume
      metadata: {name: warm-up}
      spec:
        capacity: {storage: 1Gi}
        accessModes: [ReadWriteOnce]
        storageClassName: warm-up
        local: {path: /dev/null}
        nodeAffinity:
          required:
            nodeSelectorTerms:
            - matchExpressions:
              - {key: kubernetes.io/hostname, operator: In, values: [nowhere]}
      ---
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: warm-up}
      spec:
        accessModes: [ReadWriteOnce]
        storageClassName: warm-up
        resources: {requests: {storage: 1Gi}}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: warm-up}
      spec:
        containers: [{name: main, image: host, command: ["true"]}]
        volumes: [{name: data, persistentVolumeClaim: {claimName: warm-up}}]
      """;

  private WarmUp() {}

  /**
   * With one argument, the directory of a running server, runs the client commands. With more, runs
   * a server in that directory until the command in the other arguments has ended.
   */
  public static void main(String[] args) throws StartException, IOException, InterruptedException {
    var dir = Path.of(args[0]);
    if (args.length == 1) {
      runClient(dir);
    } else {
      runServer(dir, List.of(args).subList(1, args.length));
    }
  }

  private static void runServer(Path dir, List<String> meanwhile)
      throws StartException, IOException, InterruptedException {
    var flags = Json.object();
    flags.put("dataDir", dir.resolve("data").toString());
    flags.put("listen", "127.0.0.1:0");
    flags.put("socket", socket(dir));
    var roles = flags.putArray("roles");
    for (var role : Role.values()) {
      if (role != Role.NODE) {
        roles.add(Json.tree(role));
      }
    }
    var settings = ConfigFile.read(null, flags);
    Logging.configure(settings.log());
    try (var _ = Wiring.start(settings, stop -> {})) {
      var code = new ProcessBuilder(meanwhile).inheritIO().start().waitFor();
      if (code != 0) {
        throw new IllegalStateException(String.join(" ", meanwhile) + ": exit code " + code);
      }
    }
  }

  private static void runClient(Path dir) throws IOException {
    var file = Files.writeString(dir.resolve("warm-up.yaml"), MANIFEST).toString();
    run(dir, "apply", "-f", file);
    run(dir, "apply", "-f", file);
    run(dir, "get", "pv,pvc,sc,pod,ns");
    run(dir, "get", "pv", "-o", "yaml");
    run(dir, "get", "pod", "-A", "-o", "json");
    run(dir, "describe", "pod", "warm-up");
    run(dir, "events");
    run(dir, "wait", "--for=jsonpath={.metadata.name}=warm-up", "pv/warm-up");
    run(dir, "delete", "--wait=false", "-f", file);
  }

  private static void run(Path dir, String... command) {
    var out = new ByteArrayOutputStream();
    var print = new PrintStream(out, true, StandardCharsets.UTF_8);
    var console = new Console(new ByteArrayInputStream(new byte[0]), print, print);
    var arguments = Arrays.copyOf(command, command.length + 1);
    arguments[command.length] = "--socket=" + socket(dir);
    if (Main.run(console, arguments) != 0) {
      throw new IllegalStateException(
          String.join(" ", command) + ": " + out.toString(StandardCharsets.UTF_8));
    }
  }

  private static String socket(Path dir) {
    return dir.resolve("s").toString();
  }
}
