package dev.berth.core.control;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.ApiObject;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.StorageClass;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Users and administrators of a simulated world: each call is one write of theirs, or none. */
final class SimulatedUsers {
  static final List<String> HOSTS = List.of("n1", "n2", "n3");

  /** The classes whose volumes nodes make. */
  static final List<String> MAKING = List.of("made", "made-now");

  private static final List<String> CLASSES =
      List.of("", "local", "now", "ghost", "made", "made-now", "foreign", "foreign-now");
  private static final List<String> FAVOURITES =
      List.of("", "local", "local", "made", "made", "made-now", "foreign");
  private static final List<String> APPS = List.of("a", "b", "c");

  /** How many claims each group is of. */
  static final int GROUP_SIZE = 2;

  private static final int NAMES = 9;

  private final ObjectStore store;
  private final WorldTruth truth;
  private final Random random;
  private final Supplier<Instant> clock;
  private final String favouriteClass;
  private final int oddness;
  private final int claimsPerPod;
  private final int sociability;
  private final int company;
  private int uids;

  SimulatedUsers(ObjectStore store, WorldTruth truth, Random random, Supplier<Instant> clock) {
    this.store = store;
    this.truth = truth;
    this.random = random;
    this.clock = clock;
    this.favouriteClass = FAVOURITES.get(random.nextInt(FAVOURITES.size()));
    this.oddness = 4 + random.nextInt(20);
    this.claimsPerPod = random.nextInt(3);
    this.sociability = 2 + random.nextInt(12);
    this.company = 1 + random.nextInt(8);
  }

  /** What is there before anything happens. */
  void prepare() {
    put(Manifest.storageClass("local", true));
    put(Manifest.storageClass("now", false));
    put(maker("made", true));
    put(restricted(maker("made-now", false), sometimes(2) ? "a" : "b"));
    put(Manifest.storageClass("foreign", true).set(SimulatedProvisioner.NAME, "provisioner"));
    put(Manifest.storageClass("foreign-now", false).set(SimulatedProvisioner.NAME, "provisioner"));
    HOSTS.forEach(this::createNode);
    for (var i = 0; i < NAMES; i++) {
      truth.update();
      createVolume();
      truth.update();
      createClaim();
    }
  }

  /** A class whose volumes the nodes make. */
  private static Manifest maker(String name, boolean delayed) {
    return Manifest.storageClass(name, delayed)
        .set("loop.berth.dev", "provisioner")
        .set("Delete", "reclaimPolicy");
  }

  private static Manifest restricted(Manifest type, String zone) {
    type.tree()
        .putArray("allowedTopologies")
        .addObject()
        .putArray("matchLabelExpressions")
        .addObject()
        .put("key", "zone")
        .putArray("values")
        .add(zone);
    return type;
  }

  /** Does something. */
  void act() {
    switch (random.nextInt(29)) {
      case 0, 1, 2 -> createVolume();
      case 3, 4, 5 -> createClaim();
      case 6, 7, 8, 9, 10, 11, 12 -> createPod();
      case 13 -> deleteOne(truth.volumes());
      case 14 -> deleteOne(truth.claims());
      case 15, 16, 17 -> deleteOne(truth.pods());
      case 18, 19, 20, 21 -> finishPod();
      case 22 -> freeVolume();
      case 23 -> changePolicy();
      case 24 -> changeNode();
      case 25 -> createGroup();
      case 26 -> changeDefault();
      default -> touch();
    }
  }

  private String uid() {
    uids++;
    return "u" + uids;
  }

  private String name(String prefix) {
    return prefix + random.nextInt(NAMES);
  }

  private <T> @Nullable T any(List<T> list) {
    return list.isEmpty() ? null : list.get(random.nextInt(list.size()));
  }

  private String anyClass() {
    return odd() ? String.valueOf(any(CLASSES)) : favouriteClass;
  }

  /** Whether something unusual is done, which some worlds do more often than others. */
  private boolean odd() {
    return sometimes(oddness);
  }

  private boolean sometimes(int oneIn) {
    return random.nextInt(oneIn) == 0;
  }

  private void create(Manifest manifest) {
    if (truth.get(manifest.key()) == null) {
      put(manifest.uid(uid()).created(clock.get().toString()));
    }
  }

  private void put(Manifest manifest) {
    commit(new Transaction.Put(manifest.key(), Expectation.anything(), manifest.document()));
  }

  private void commit(Transaction.Step step) {
    store.commit(Transaction.of(step)).join();
  }

  private void change(ObjectKey key, Consumer<ObjectNode> change) {
    var object = truth.get(key);
    if (object != null) {
      var tree = Json.parseObject(object.document());
      change.accept(tree);
      commit(new Transaction.Put(key, Expectation.at(object.revision()), Json.write(tree)));
    }
  }

  private void createVolume() {
    var volume = Manifest.volume(name("v"), (1 + random.nextInt(4)) + "Gi");
    volume.classed(anyClass());
    if (sometimes(3)) {
      volume.modes("ReadWriteOnce", "ReadWriteMany");
    }
    if (!sometimes(5)) {
      volume.on(String.valueOf(any(HOSTS)));
    }
    if (sometimes(2)) {
      volume.policy("Delete");
    }
    if (sometimes(3)) {
      ofAnImage(volume);
    }
    if (sometimes(3)) {
      volume.label("disk", "ssd");
    }
    if (odd()) {
      volume.block();
    }
    if (odd()) {
      volume.claimRef(name("c"), sometimes(3) ? "wrong" : "");
    }
    create(volume);
  }

  /** Its storage is an image in a pool, if it is on a host. */
  private static void ofAnImage(Manifest volume) {
    if (volume.tree().withObject("spec").remove("local") != null) {
      volume.set("loop.berth.dev", "spec", "csi", "driver");
      volume.set(volume.key().name(), "spec", "csi", "volumeHandle");
    }
  }

  private void createClaim() {
    var claim = Manifest.claim(name("c"), (1 + random.nextInt(3)) + "Gi");
    if (!odd()) {
      claim.classed(anyClass());
    }
    if (odd()) {
      claim.selector("disk", "ssd");
    }
    if (odd()) {
      claim.block();
    }
    if (odd()) {
      claim.modes("ReadWriteMany");
    }
    if (odd()) {
      claim.volumeName(name("v"));
    }
    if (sometimes(company)) {
      claim.annotation(PersistentVolumeClaim.VOLUME_SPREAD, sometimes(4) ? "t" : "s");
      if (sometimes(2)) {
        claim.annotation(PersistentVolumeClaim.VOLUME_SPREAD_TOPOLOGY, "zone");
      }
    }
    if (sometimes(2 * company)) {
      join(claim, sometimes(2) ? "g" : "h");
    }
    create(claim);
  }

  private static void join(Manifest claim, String group) {
    claim
        .annotation(PersistentVolumeClaim.VOLUME_GROUP, group)
        .annotation(PersistentVolumeClaim.VOLUME_GROUP_SIZE, String.valueOf(GROUP_SIZE));
  }

  /** A whole group, each claim of it with a pod of its own. */
  private void createGroup() {
    var type = anyClass();
    var first = random.nextInt(NAMES);
    for (var i = 0; i < GROUP_SIZE; i++) {
      var name = "c" + (first + i) % NAMES;
      var claim = Manifest.claim(name, (1 + random.nextInt(2)) + "Gi").classed(type);
      join(claim, "team");
      create(claim);
      createPod(name);
    }
  }

  private void createPod() {
    var claims = new String[random.nextInt(claimsPerPod + 1)];
    for (var i = 0; i < claims.length; i++) {
      var existing = any(truth.claims());
      claims[i] = existing == null || odd() ? name("c") : existing.key().name();
    }
    createPod(claims);
  }

  private void createPod(String... claims) {
    var pod = Manifest.pod(name("p"), claims);
    pod.requests("cpu", String.valueOf(1 + random.nextInt(3)));
    if (sometimes(6)) {
      pod.set(String.valueOf(any(HOSTS)), "spec", "nodeSelector", "kubernetes.io/hostname");
    }
    if (sometimes(4)) {
      pod.priority(random.nextInt(3));
    }
    addNeighbourhood(pod);
    create(pod);
  }

  /** What the pod wants of the pods around it, and what they see of it. */
  private void addNeighbourhood(Manifest pod) {
    pod.label("app", String.valueOf(any(APPS)));
    if (sometimes(sociability)) {
      var topology = sometimes(2) ? "zone" : "kubernetes.io/hostname";
      pod.spec(
          """
          {'affinity': {'podAntiAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': [
            {'labelSelector': {'matchLabels': {'app': '%s'}}, 'topologyKey': '%s'}]}}}"""
              .formatted(any(APPS), topology));
    }
    if (sometimes(sociability)) {
      pod.ports(8000 + random.nextInt(2), "TCP", "");
    }
    if (sometimes(4)) {
      pod.tolerate("team");
    }
  }

  private void finishPod() {
    var pod = any(truth.pods());
    if (pod != null && !pod.view().nodeName().isEmpty()) {
      change(pod.key(), tree -> tree.withObject("status").put("phase", "Succeeded"));
    }
  }

  private void createNode(String host) {
    var node =
        Manifest.of(Keys.node(host), "v1", "Node")
            .label("kubernetes.io/hostname", host)
            .label("zone", host.equals("n3") ? "b" : "a")
            .set("3", "status", "allocatable", "cpu");
    create(node.condition("Ready", "True"));
  }

  private <T extends ApiObject> void deleteOne(List<Observed<T>> objects) {
    var object = any(objects);
    if (object != null) {
      var request = Removal.request(object, clock.get());
      if (request != null) {
        commit(request);
      }
    }
  }

  /** Gives a volume back by hand: without its claimRef, or only without its uid. */
  private void freeVolume() {
    var volume = any(truth.volumes());
    if (volume == null || !isReleased(volume.view())) {
      return;
    }
    change(
        volume.key(),
        tree -> {
          if (sometimes(2)) {
            tree.withObject("spec").remove("claimRef");
          } else {
            tree.withObject("spec").withObject("claimRef").remove("uid");
          }
        });
    var cancelled = volume.view().reclaimPolicy().equals("Retain");
    if (cancelled || !WipeProtocol.isDirty(volume.view())) {
      truth.forgetData(volume.view());
    }
  }

  private static boolean isReleased(PersistentVolume volume) {
    return volume.spec().claimRef() != null
        && (volume.phase().equals("Released") || volume.phase().equals("Failed"));
  }

  private void changePolicy() {
    var volume = any(truth.volumes());
    if (volume == null) {
      return;
    }
    var policy = volume.view().reclaimPolicy().equals("Delete") ? "Retain" : "Delete";
    change(
        volume.key(), tree -> tree.withObject("spec").put("persistentVolumeReclaimPolicy", policy));
    var claim = volume.view().spec().claimRef();
    if (policy.equals("Retain") && (claim == null || claim.uid().isEmpty())) {
      truth.forgetData(volume.view());
    }
  }

  private void changeNode() {
    var host = String.valueOf(any(HOSTS));
    var node = truth.get(Keys.node(host));
    if (node == null) {
      createNode(host);
    } else if (sometimes(4)) {
      commit(new Transaction.Delete(node.key(), Expectation.at(node.revision())));
    } else if (sometimes(2)) {
      var cordon = sometimes(3);
      change(node.key(), tree -> tree.withObject("spec").put("unschedulable", cordon));
    } else {
      var tainted = sometimes(3);
      change(node.key(), tree -> taint(tree.withObject("spec"), tainted));
    }
  }

  /** Makes a class the default one, or takes that back. */
  private void changeDefault() {
    var type = String.valueOf(any(List.of("local", "now", "made", "foreign-now")));
    var yes = sometimes(2);
    change(
        Keys.storageClass(type),
        tree ->
            tree.withObject("metadata")
                .withObject("annotations")
                .put(StorageClass.DEFAULT_ANNOTATION, String.valueOf(yes)));
  }

  private static void taint(ObjectNode spec, boolean tainted) {
    spec.remove("taints");
    if (tainted) {
      var taint = spec.putArray("taints").addObject();
      taint.put("key", "team").put("value", "red").put("effect", "NoSchedule");
    }
  }

  /** Changes something that nobody cares about. */
  private void touch() {
    var object =
        switch (random.nextInt(4)) {
          case 0 -> any(truth.volumes());
          case 1 -> any(truth.claims());
          case 2 -> any(truth.nodes());
          default -> any(truth.pods());
        };
    if (object != null) {
      var value = String.valueOf(random.nextInt(1000));
      truth.expectTouch(object.key(), value);
      change(
          object.key(),
          tree -> tree.withObject("metadata").withObject("annotations").put("touched", value));
    }
  }

  /** Makes all nodes usable again. */
  void repair() {
    for (var host : HOSTS) {
      createNode(host);
      change(Keys.node(host), tree -> tree.withObject("spec").remove("unschedulable"));
    }
  }
}
