package dev.berth.core.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.Json;
import dev.berth.core.storage.ObjectKey;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Objects of tests, in few words. Each has a uid made of its key unless it is given another. */
public final class Manifest {
  private final ObjectKey key;
  private final ObjectNode tree = Json.object();

  private Manifest(ObjectKey key, String apiVersion, String kind) {
    this.key = key;
    tree.put("apiVersion", apiVersion).put("kind", kind);
    var metadata = tree.putObject("metadata").put("name", key.name());
    if (!key.namespace().isEmpty()) {
      metadata.put("namespace", key.namespace());
    }
    metadata.put("uid", "uid-of-" + key.name()).put("creationTimestamp", "2026-01-01T00:00:00Z");
  }

  /** A protected volume of no class, ReadWriteOnce, Retain, not yet looked at. */
  public static Manifest volume(String name, String size) {
    return new Manifest(Keys.volume(name), "v1", "PersistentVolume")
        .finalizer("kubernetes.io/pv-protection")
        .set(size, "spec", "capacity", "storage")
        .list("spec.accessModes", "ReadWriteOnce")
        .set("Filesystem", "spec", "volumeMode")
        .set("Retain", "spec", "persistentVolumeReclaimPolicy")
        .set("Pending", "status", "phase");
  }

  /** A protected claim in the namespace default, of no class, ReadWriteOnce. */
  public static Manifest claim(String name, String size) {
    return new Manifest(Keys.claim("default", name), "v1", "PersistentVolumeClaim")
        .finalizer("kubernetes.io/pvc-protection")
        .set(size, "spec", "resources", "requests", "storage")
        .list("spec.accessModes", "ReadWriteOnce")
        .set("Filesystem", "spec", "volumeMode")
        .set("Pending", "status", "phase");
  }

  /** A pod in the namespace default with one container that asks for nothing. */
  public static Manifest pod(String name, String... claims) {
    var pod =
        new Manifest(Keys.pod("default", name), "v1", "Pod").set("Pending", "status", "phase");
    pod.tree.withObject("spec").putArray("containers").addObject().put("name", "c");
    var volumes = pod.tree.withObject("spec").putArray("volumes");
    for (var claim : claims) {
      volumes
          .addObject()
          .put("name", claim)
          .putObject("persistentVolumeClaim")
          .put("claimName", claim);
    }
    return pod;
  }

  /** A ready node with room for 10 processors, 10 GiB and 110 pods. */
  public static Manifest node(String name) {
    var node =
        new Manifest(Keys.node(name), "v1", "Node")
            .set(name, "metadata", "labels", "kubernetes.io/hostname")
            .set("10", "status", "allocatable", "cpu")
            .set("10Gi", "status", "allocatable", "memory")
            .set("110", "status", "allocatable", "pods");
    return node.condition("Ready", "True");
  }

  /** A class whose volumes are made by hand. */
  public static Manifest storageClass(String name, boolean delayed) {
    return new Manifest(Keys.storageClass(name), "storage.k8s.io/v1", "StorageClass")
        .set("kubernetes.io/no-provisioner", "provisioner")
        .set(delayed ? "WaitForFirstConsumer" : "Immediate", "volumeBindingMode");
  }

  public static Manifest namespace(String name) {
    var namespace = new Manifest(Keys.namespace(name), "v1", "Namespace");
    namespace.tree.withObject("spec").putArray("finalizers").add("kubernetes");
    return namespace.set("Active", "status", "phase");
  }

  public static Manifest lease(String node) {
    return new Manifest(Keys.nodeLease(node), "coordination.k8s.io/v1", "Lease")
        .set(node, "spec", "holderIdentity");
  }

  /** An object of any other kind. */
  public static Manifest of(ObjectKey key, String apiVersion, String kind) {
    return new Manifest(key, apiVersion, kind);
  }

  /** The same in another namespace. */
  public Manifest in(String namespace) {
    var moved =
        new Manifest(
            new ObjectKey(key.resource(), namespace, key.name()),
            tree.get("apiVersion").stringValue(),
            tree.get("kind").stringValue());
    moved.tree.setAll(tree);
    return moved.set(namespace, "metadata", "namespace");
  }

  public Manifest classed(String name) {
    return set(name, "spec", "storageClassName");
  }

  public Manifest modes(String... modes) {
    return list("spec.accessModes", modes);
  }

  public Manifest block() {
    return set("Block", "spec", "volumeMode");
  }

  public Manifest policy(String policy) {
    return set(policy, "spec", "persistentVolumeReclaimPolicy");
  }

  /** A disk of the host. */
  public Manifest on(String host) {
    var affinity = tree.withObject("spec").putObject("nodeAffinity").putObject("required");
    var expression =
        affinity
            .putArray("nodeSelectorTerms")
            .addObject()
            .putArray("matchExpressions")
            .addObject()
            .put("key", "kubernetes.io/hostname")
            .put("operator", "In");
    expression.putArray("values").add(host);
    return set("/dev/" + key.name(), "spec", "local", "path");
  }

  /** A volume's word which claim it is for; an empty uid only reserves it. */
  public Manifest claimRef(String claim, String uid) {
    var reference = tree.withObject("spec").putObject("claimRef");
    reference.put("namespace", "default").put("name", claim);
    if (!uid.isEmpty()) {
      reference.put("uid", uid);
    }
    return this;
  }

  /** A claim's word which volume it wants or has. */
  public Manifest volumeName(String volume) {
    return set(volume, "spec", "volumeName");
  }

  public Manifest phase(String phase) {
    return set(phase, "status", "phase");
  }

  public Manifest label(String name, String value) {
    return set(value, "metadata", "labels", name);
  }

  public Manifest annotation(String name, String value) {
    return set(value, "metadata", "annotations", name);
  }

  public Manifest uid(String uid) {
    return set(uid, "metadata", "uid");
  }

  public Manifest created(String time) {
    return set(time, "metadata", "creationTimestamp");
  }

  public Manifest selector(String label, String value) {
    return set(value, "spec", "selector", "matchLabels", label);
  }

  public Manifest finalizer(String name) {
    tree.withObject("metadata").withArray("finalizers").add(name);
    return this;
  }

  /** Deletion was asked for. */
  public Manifest deleting() {
    set("2026-01-02T00:00:00Z", "metadata", "deletionTimestamp");
    tree.withObject("metadata").put("deletionGracePeriodSeconds", 0);
    return this;
  }

  public Manifest owner(Manifest owner, boolean blocks) {
    tree.withObject("metadata")
        .withArray("ownerReferences")
        .addObject()
        .put("apiVersion", owner.tree.get("apiVersion").stringValue())
        .put("kind", owner.tree.get("kind").stringValue())
        .put("name", owner.key.name())
        .put("uid", owner.tree.get("metadata").get("uid").stringValue())
        .put("blockOwnerDeletion", blocks);
    return this;
  }

  public Manifest condition(String type, String status) {
    tree.withObject("status")
        .withArray("conditions")
        .addObject()
        .put("type", type)
        .put("status", status);
    return this;
  }

  public Manifest taint(String taintKey, String value, String effect) {
    tree.withObject("spec")
        .withArray("taints")
        .addObject()
        .put("key", taintKey)
        .put("value", value)
        .put("effect", effect);
    return this;
  }

  public Manifest tolerate(String taintKey) {
    tree.withObject("spec")
        .withArray("tolerations")
        .addObject()
        .put("key", taintKey)
        .put("operator", "Exists");
    return this;
  }

  /** What the pod's container asks for. */
  public Manifest requests(String resource, String amount) {
    var container = (ObjectNode) tree.get("spec").get("containers").get(0);
    container.withObject("resources").withObject("requests").put(resource, amount);
    return this;
  }

  public Manifest nodeName(String node) {
    return set(node, "spec", "nodeName");
  }

  /** A port of the pod's container that is one of its node, too; an empty address for all. */
  public Manifest ports(int hostPort, String protocol, String address) {
    var container = (ObjectNode) tree.get("spec").get("containers").get(0);
    var port = container.withArray("ports").addObject();
    port.put("containerPort", 1).put("hostPort", hostPort).put("protocol", protocol);
    if (!address.isEmpty()) {
      port.put("hostIP", address);
    }
    return this;
  }

  /** Members of the spec, as JSON in which apostrophes stand for quotation marks. */
  public Manifest spec(String json) {
    tree.withObject("spec").setAll(Json.parseObject(json.replace('\'', '"').getBytes(UTF_8)));
    return this;
  }

  public Manifest priority(int priority) {
    tree.withObject("spec").put("priority", priority);
    return this;
  }

  /** The marks of a complete binding on both sides: of a claim, or of a volume. */
  public Manifest boundTo(Manifest other) {
    if (key.resource().equals("persistentvolumes")) {
      return claimRef(other.key.name(), other.tree.get("metadata").get("uid").stringValue())
          .phase("Bound");
    }
    return volumeName(other.key.name())
        .annotation("pv.kubernetes.io/bind-completed", "yes")
        .phase("Bound");
  }

  /** A wipe that was asked for, of the data of the claim of that uid. */
  public Manifest wipe(String state, String node, String claimUid) {
    return annotation(WipeProtocol.WIPE, state)
        .annotation(WipeProtocol.WIPE_NODE, node)
        .annotation(WipeProtocol.WIPE_CLAIM, claimUid);
  }

  public Manifest set(String text, String... path) {
    var parent = tree;
    for (var i = 0; i < path.length - 1; i++) {
      parent = parent.withObject("/" + path[i].replace("~", "~0").replace("/", "~1"));
    }
    parent.set(path[path.length - 1], JsonNodeFactory.instance.stringNode(text));
    return this;
  }

  private Manifest list(String path, String... values) {
    var names = path.split("\\.");
    var array = tree.withObject(names[0]).putArray(names[1]);
    for (var value : values) {
      array.add(value);
    }
    return this;
  }

  public ObjectKey key() {
    return key;
  }

  public ObjectNode tree() {
    return tree;
  }

  public byte[] document() {
    return Json.write(tree);
  }
}
