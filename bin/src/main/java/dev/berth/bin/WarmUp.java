package dev.berth.bin;

import dev.berth.bin.client.Console;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Lets the client commands, and the server that they talk to, do a little of everything once, so
 * that the JVM can note which classes each needs: what {@code lib/warm-up} runs to make the caches
 * for later starts.
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
   * Runs the client commands against the server in a directory.
   *
   * @param args the directory, with the server's socket as {@code s}
   */
  public static void main(String[] args) throws IOException {
    var dir = Path.of(args[0]);
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
