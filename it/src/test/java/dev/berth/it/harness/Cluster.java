package dev.berth.it.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.awaitility.core.ThrowingRunnable;
import tools.jackson.databind.node.ObjectNode;

/** What a story needs of a running server: manifests in, states out. */
public record Cluster(BerthProcess server) {
  /** Much longer than anything takes here, also on a machine that others keep busy. */
  private static final Duration SOON = Duration.ofMinutes(2);

  /** Class {@code local-storage}: volumes made by hand, bound when a pod needs them. */
  public static final String LOCAL_STORAGE =
      """
      apiVersion: storage.k8s.io/v1
      kind: StorageClass
      metadata: {name: local-storage}
      provisioner: kubernetes.io/no-provisioner
      volumeBindingMode: WaitForFirstConsumer
      """;

  /** Creates objects with kubectl, as a person would. */
  public void apply(String... manifests) {
    server.kubectlReading(String.join("---\n", manifests), "apply", "-f", "-").ok();
  }

  /** A local volume on a disk or a mounted directory of one node, with ext4 where it is raw. */
  public static String localVolume(
      String name, String path, String size, String policy, String node) {
    return """
        apiVersion: v1
        kind: PersistentVolume
        metadata: {name: %s}
        spec:
          capacity: {storage: %s}
          volumeMode: Filesystem
          accessModes: [ReadWriteOnce]
          persistentVolumeReclaimPolicy: %s
          storageClassName: local-storage
          local: {path: %s, fsType: ext4}
          nodeAffinity:
            required:
              nodeSelectorTerms:
              - matchExpressions:
                - {key: kubernetes.io/hostname, operator: In, values: [%s]}
        """
        .formatted(name, size, policy, path, node);
  }

  public static String claim(String name, String size, String storageClass) {
    return """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: %s}
        spec:
          accessModes: [ReadWriteOnce]
          storageClassName: "%s"
          resources: {requests: {storage: %s}}
        """
        .formatted(name, storageClass, size);
  }

  /** A pod of image {@code nginx} that sleeps, with a claim at {@code /usr/share/nginx/html}. */
  public static String pod(String name, String claim) {
    return """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - name: web
            image: nginx
            command: [sleep, infinity]
            volumeMounts: [{name: data, mountPath: /usr/share/nginx/html}]
          volumes: [{name: data, persistentVolumeClaim: {claimName: %s}}]
        """
        .formatted(name, claim);
  }

  /** A pod of the namespace {@code default}, as the API serves it. */
  public ObjectNode pod(String name) {
    return server.object("/api/v1/namespaces/default/pods/" + name);
  }

  /** A claim of the namespace {@code default}, as the API serves it. */
  public ObjectNode claim(String name) {
    return server.object("/api/v1/namespaces/default/persistentvolumeclaims/" + name);
  }

  /** A volume, as the API serves it. */
  public ObjectNode volume(String name) {
    return server.object("/api/v1/persistentvolumes/" + name);
  }

  /** What {@code status.phase} says; empty when it says nothing yet. */
  public String phase(ObjectNode object) {
    return object.at("/status/phase").asString("");
  }

  /** Creates an object from JSON. */
  public void create(String collection, String json) {
    var reply = server.call("POST", collection, "application/json", json);
    assertThat(reply.code()).as(reply.body()).isEqualTo(201);
  }

  /** Deletes an object in the default way, and waits until it is gone. */
  public void remove(String target) {
    server.call("DELETE", target, "", "");
    soon(() -> assertThat(server.call("GET", target, "", "").code()).as(target).isEqualTo(404));
  }

  /** The messages of all events about an object. */
  public List<String> told(String kind, String name) {
    var messages = new ArrayList<String>();
    for (var event : server.object("/api/v1/events").path("items")) {
      if (event.at("/involvedObject/kind").asString("").equals(kind)
          && event.at("/involvedObject/name").asString("").equals(name)) {
        messages.add(event.path("message").asString(""));
      }
    }
    return messages;
  }

  /** What the conditions of a pod say. */
  public List<String> conditions(String pod) {
    var messages = new ArrayList<String>();
    pod(pod)
        .at("/status/conditions")
        .forEach(condition -> messages.add(condition.path("message").asString("")));
    return messages;
  }

  /** Waits until something holds, which it should soon. */
  public void soon(ThrowingRunnable check) {
    await().pollInterval(Duration.ofMillis(50)).atMost(SOON).untilAsserted(check);
  }

  /** Waits until a pod runs and kubectl calls it ready. */
  public void awaitRunning(String pod) {
    soon(
        () ->
            assertThat(phase(pod(pod)))
                .as("phase of pod %s; events:\n%s", pod, events())
                .isEqualTo("Running"));
    server
        .kubectl(
            "wait", "--for=condition=Ready", "pod/" + pod, "--timeout=" + SOON.toSeconds() + "s")
        .ok();
  }

  /** Waits until an object, such as {@code pv/name}, is in a phase. */
  public void awaitPhase(String kindAndName, String phase) {
    soon(
        () ->
            assertThat(server.berth("get", kindAndName, "-o", "jsonpath={.status.phase}").ok())
                .as("phase of %s; events:\n%s", kindAndName, events())
                .isEqualTo(phase));
  }

  /** All events there are, for messages and searches. */
  public String events() {
    return server.berth("events", "-A").out();
  }

  /** Where a volume of a pod is mounted. */
  public Path mountPoint(String pod, String volume) {
    var uid = pod(pod).at("/metadata/uid").asString();
    return server
        .dataDir()
        .resolve("node/pods/" + uid + "/volumes/kubernetes.io~local-volume/" + volume);
  }

  /** The mounts of this host at or below a directory, as mountinfo lists them. */
  public static List<String> mountsBelow(Path dir) {
    return Arrays.stream(Command.run("cat", "/proc/self/mountinfo").ok().split("\n"))
        .filter(line -> (line.split(" ")[4] + "/").startsWith(dir + "/"))
        .toList();
  }

  /** Runs a command in the only container of a pod. */
  public Command.Result exec(String pod, String... command) {
    var arguments = new ArrayList<>(List.of("exec", pod, "--"));
    arguments.addAll(List.of(command));
    return server.kubectl(arguments.toArray(String[]::new));
  }

  /** The host's pid of the first process in a pod's control group that runs {@code program}. */
  public long pid(String pod, String program) {
    var uid = pod(pod).at("/metadata/uid").asString();
    var script =
        "for g in /proc/[0-9]*/cgroup; do grep -qs \"$0\" $g && [ \"$(cat ${g%/cgroup}/comm)\" ="
            + " \"$1\" ] && basename ${g%/cgroup} && exit; done; exit 1";
    return Long.parseLong(Command.run("bash", "-c", script, uid, program).ok().strip());
  }
}
