package dev.berth.node.runtime;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Where the files of one container lie.
 *
 * <pre>
 * ROOT/runtime/containers/ID/state.json   what is known about it; written first, removed last
 *                           /bundle       what the OCI runtime and conmon work with
 *                           /upper /work  what it wrote into its own root file system
 *                           /rootfs       where that is mounted while it lives
 * ROOT/runtime/exits/ID                   its exit code, written by conmon
 * ROOT/runtime/oci/ID                     the OCI runtime's own state
 * ROOT/logs/NAMESPACE_POD_UID/CONTAINER/ATTEMPT.log
 * </pre>
 *
 * @param cid the container's name for the OCI runtime and conmon: the same for the same run on the
 *     same node, different from any other on this host
 */
record ContainerPaths(String cid, Path directory, Path exitFile, Path ociState, Path log) {

  static ContainerPaths of(OciSettings settings, ContainerId id, PodRef pod) {
    var cid = cid(settings, id);
    var runtime = runtime(settings);
    return new ContainerPaths(
        cid,
        containers(settings).resolve(cid),
        exits(settings).resolve(cid),
        runtime.resolve("oci").resolve(cid),
        podLogs(settings, pod).resolve(id.container()).resolve(id.attempt() + ".log"));
  }

  /** For a container that tries a runtime out: apart from those that are recorded. */
  static ContainerPaths trial(OciSettings settings, ContainerId id, PodRef pod) {
    var paths = of(settings, id, pod);
    return new ContainerPaths(
        paths.cid, runtime(settings).resolve("trial"), paths.exitFile, paths.ociState, paths.log);
  }

  static Path runtime(OciSettings settings) {
    return settings.root().resolve("runtime");
  }

  static Path containers(OciSettings settings) {
    return runtime(settings).resolve("containers");
  }

  static Path exits(OciSettings settings) {
    return runtime(settings).resolve("exits");
  }

  /** The OCI runtime's own root. */
  static Path oci(OciSettings settings) {
    return runtime(settings).resolve("oci");
  }

  static Path logs(OciSettings settings) {
    return settings.root().resolve("logs");
  }

  static Path podLogs(OciSettings settings, PodRef pod) {
    return logs(settings).resolve(pod.namespace() + "_" + pod.name() + "_" + pod.uid());
  }

  Path state() {
    return directory.resolve("state.json");
  }

  Path bundle() {
    return directory.resolve("bundle");
  }

  Path upper() {
    return directory.resolve("upper");
  }

  Path work() {
    return directory.resolve("work");
  }

  Path rootfs() {
    return directory.resolve("rootfs");
  }

  Path pidFile() {
    return bundle().resolve("pid");
  }

  Path monitorPidFile() {
    return bundle().resolve("conmon.pid");
  }

  Path monitorAnswer() {
    return bundle().resolve("conmon.answer");
  }

  Path hosts() {
    return bundle().resolve("hosts");
  }

  Path resolvConf() {
    return bundle().resolve("resolv.conf");
  }

  Path hostname() {
    return bundle().resolve("hostname");
  }

  Path terminationMessage() {
    return bundle().resolve("termination-message");
  }

  private static String cid(OciSettings settings, ContainerId id) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      digest.update(settings.root().toString().getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      digest.update(id.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
