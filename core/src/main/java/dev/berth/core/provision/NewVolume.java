package dev.berth.core.provision;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Observed;
import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.StorageClass;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/**
 * The object of a volume that a node is asked to make for a claim. Its source is {@code spec.csi}
 * with the provisioner as driver, the volume's name as handle, {@code csi.storage.k8s.io/fstype} of
 * the class as file system, and the class's other parameters as attributes.
 */
public final class NewVolume {
  private static final String FS_TYPE = "csi.storage.k8s.io/fstype";
  private static final String RESERVED = "csi.storage.k8s.io/";
  private static final String VOLUME_PROTECTION = "kubernetes.io/pv-protection";

  private NewVolume() {}

  /** The write that asks the node for a volume for the claim. */
  public static Transaction.Step step(
      ClusterView view,
      Observed<PersistentVolumeClaim> claim,
      Observed<StorageClass> type,
      Observed<Node> node,
      Instant now) {
    var name = name(view, claim);
    var document = document(name, claim, type, node.view(), now);
    return new Transaction.Put(Keys.volume(name), Expectation.absent(), Json.write(document));
  }

  /** One that was asked of a node that went away keeps the claim's name until it is removed. */
  private static String name(ClusterView view, Observed<PersistentVolumeClaim> claim) {
    var name = "pvc-" + claim.view().metadata().uid();
    return view.object(Keys.volume(name)) == null ? name : name + "-" + claim.revision();
  }

  private static ObjectNode document(
      String name,
      Observed<PersistentVolumeClaim> claim,
      Observed<StorageClass> type,
      Node node,
      Instant now) {
    var volume = Json.object();
    volume.put("apiVersion", "v1").put("kind", "PersistentVolume");
    var metadata = volume.putObject("metadata").put("name", name);
    metadata.put("uid", uid(name, claim.revision()));
    metadata.put("creationTimestamp", now.truncatedTo(ChronoUnit.SECONDS).toString());
    metadata.putArray("finalizers").add(VOLUME_PROTECTION).add(ProvisionProtocol.FINALIZER);
    metadata
        .putObject("annotations")
        .put(PersistentVolume.PROVISIONED_BY, type.view().provisioner())
        .put(PersistentVolume.BOUND_BY_CONTROLLER, "yes")
        .put(ProvisionProtocol.PROVISION, ProvisionProtocol.requested(claim.revision()))
        .put(ProvisionProtocol.NODE, node.metadata().name());
    fill(volume.putObject("spec"), name, claim, type.view(), node);
    volume.putObject("status").put("phase", PersistentVolume.PENDING);
    return volume;
  }

  private static String uid(String name, long generation) {
    return UUID.nameUUIDFromBytes((name + "/" + generation).getBytes(UTF_8)).toString();
  }

  private static void fill(
      ObjectNode spec,
      String name,
      Observed<PersistentVolumeClaim> observed,
      StorageClass type,
      Node node) {
    var claim = observed.view();
    spec.putObject("capacity").put("storage", claim.request().toString());
    var modes = spec.putArray("accessModes");
    claim.spec().accessModes().forEach(modes::add);
    spec.put("volumeMode", claim.block() ? "Block" : "Filesystem");
    spec.put("storageClassName", claim.className());
    var policy = type.reclaimPolicy();
    spec.put("persistentVolumeReclaimPolicy", policy == null ? "Delete" : policy);
    if (!type.mountOptions().isEmpty()) {
      type.mountOptions().forEach(spec.putArray("mountOptions")::add);
    }
    if (!claim.attributesClass().isEmpty()) {
      spec.put("volumeAttributesClassName", claim.attributesClass());
    }
    spec.putObject("claimRef")
        .put("kind", "PersistentVolumeClaim")
        .put("namespace", observed.key().namespace())
        .put("name", observed.key().name())
        .put("uid", claim.metadata().uid())
        .put("apiVersion", "v1")
        .put("resourceVersion", Long.toString(observed.revision()));
    spec.putObject("nodeAffinity")
        .putObject("required")
        .putArray("nodeSelectorTerms")
        .addObject()
        .putArray("matchExpressions")
        .addObject()
        .put("key", Node.HOSTNAME_LABEL)
        .put("operator", "In")
        .putArray("values")
        .add(host(node));
    setSource(spec.putObject("csi"), name, type);
  }

  /** Nodes are told apart by this label, which every node of ours bears. */
  private static String host(Node node) {
    return node.metadata().labels().getOrDefault(Node.HOSTNAME_LABEL, node.metadata().name());
  }

  private static void setSource(ObjectNode source, String name, StorageClass type) {
    source.put("driver", type.provisioner()).put("volumeHandle", name);
    var fsType = type.parameters().getOrDefault(FS_TYPE, "");
    if (!fsType.isEmpty()) {
      source.put("fsType", fsType);
    }
    type.parameters()
        .forEach(
            (parameter, value) -> {
              if (!parameter.startsWith(RESERVED)) {
                source.withObject("volumeAttributes").put(parameter, value);
              }
            });
  }
}
