package dev.berth.it.harness;

/** Objects that many tests create, as JSON. */
public final class Manifest {

  private Manifest() {}

  /** The class {@code local-storage}: made by hand, bound when a pod needs it. */
  public static String delayedClass() {
    return """
        {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass",
         "metadata":{"name":"local-storage"},
         "provisioner":"kubernetes.io/no-provisioner","volumeBindingMode":"WaitForFirstConsumer"}
        """;
  }

  /** A retained ext4 volume on a disk of node-1. */
  public static String localVolume(String name, String device, String size) {
    return """
        {"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"%s"},
         "spec":{"capacity":{"storage":"%s"},"accessModes":["ReadWriteOnce"],
          "persistentVolumeReclaimPolicy":"Retain","storageClassName":"local-storage",
          "local":{"path":"%s","fsType":"ext4"},
          "nodeAffinity":{"required":{"nodeSelectorTerms":[{"matchExpressions":[
           {"key":"kubernetes.io/hostname","operator":"In","values":["node-1"]}]}]}}}}
        """
        .formatted(name, size, device);
  }

  public static String claim(String name, String size) {
    return """
        {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"%s"},
         "spec":{"accessModes":["ReadWriteOnce"],"storageClassName":"local-storage",
          "resources":{"requests":{"storage":"%s"}}}}
        """
        .formatted(name, size);
  }

  /** A pod that sleeps, with the claim's volume at /data. */
  public static String pod(String name, String claim) {
    return """
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},
         "spec":{"terminationGracePeriodSeconds":1,
          "containers":[{"name":"main","image":"host","command":["sleep","infinity"],
           "volumeMounts":[{"name":"data","mountPath":"/data"}]}],
          "volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"%s"}}]}}
        """
        .formatted(name, claim);
  }
}
