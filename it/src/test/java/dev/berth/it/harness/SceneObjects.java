package dev.berth.it.harness;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Collectors;

/** The objects of which scenes with many are made: nodes without a process behind them. */
public final class SceneObjects {
  public static final String NODES = "/api/v1/nodes";
  public static final String LEASES =
      "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
  public static final String VOLUMES = "/api/v1/persistentvolumes";
  public static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
  public static final String PODS = "/api/v1/namespaces/default/pods";
  public static final String CLASSES = "/apis/storage.k8s.io/v1/storageclasses";

  /** A volume says it when a claim can have it. */
  public static final String AVAILABLE = "\"phase\":\"Available\"";

  /** A pod says it when it has its node. */
  public static final String BOUND = "\"nodeName\":";

  /** Of local volumes, which are bound together with the node of a pod. */
  public static final String DELAYED_CLASS =
      """
      {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"local"},
       "provisioner":"kubernetes.io/no-provisioner","volumeBindingMode":"WaitForFirstConsumer"}
      """;

  private static final int RACKS = 20;

  private SceneObjects() {}

  /** One of twenty racks' nodes, of which no lease says that it is alive. */
  public static String node(int number) {
    return """
        {"apiVersion":"v1","kind":"Node","metadata":{"name":"node-%1$d","labels":{
          "kubernetes.io/hostname":"node-%1$d","rack":"rack-%2$d"}},
         "status":{"capacity":{"cpu":"64","memory":"256Gi","pods":"110"},
          "allocatable":{"cpu":"64","memory":"256Gi","pods":"110"},
          "conditions":[{"type":"Ready","status":"True"}]}}
        """
        .formatted(number, number % RACKS);
  }

  /** Says that a node was alive then. */
  public static String lease(int number, Instant now) {
    return """
        {"apiVersion":"coordination.k8s.io/v1","kind":"Lease",
         "metadata":{"name":"node-%1$d","namespace":"kube-node-lease"},
         "spec":{"holderIdentity":"node-%1$d","leaseDurationSeconds":40,"renewTime":"%2$s"}}
        """
        .formatted(number, now.truncatedTo(ChronoUnit.MICROS));
  }

  /** A disk of ten gibibytes on a node, for which there need not be an object. */
  public static String volume(String name, String type, int node) {
    return """
        {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"%1$s"},
         "spec":{"capacity":{"storage":"10Gi"},"accessModes":["ReadWriteOnce"],
          "persistentVolumeReclaimPolicy":"Retain","storageClassName":"%2$s",
          "local":{"path":"/dev/disk/by-id/%1$s","fsType":"ext4"},
          "nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[
           {"key":"kubernetes.io/hostname","operator":"In","values":["node-%3$d"]}]}]}}}}
        """
        .formatted(name, type, node);
  }

  /** A claim of a class, for one writer. */
  public static String claim(String name, String type, String size) {
    return """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"%s"},
         "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"%s",
          "resources":{"requests":{"storage":"%s"}}}}
        """
        .formatted(name, type, size);
  }

  /**
   * A pod with these claims as volumes.
   *
   * @param affinity a member of its spec with the comma after it, or nothing
   */
  public static String pod(
      String name, String app, String cpu, String affinity, List<String> claims) {
    var volumes =
        claims.stream()
            .map(
                claim ->
                    "{\"name\":\"%1$s\",\"persistentVolumeClaim\":{\"claimName\":\"%1$s\"}}"
                        .formatted(claim))
            .collect(Collectors.joining(","));
    return """
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","labels":{"app":"%s"}},
         "spec":{%s"containers":[{"name":"main","image":"host",
          "resources":{"requests":{"cpu":"%s","memory":"100Mi"}}}],"volumes":[%s]}}
        """
        .formatted(name, app, affinity, cpu, volumes);
  }
}
