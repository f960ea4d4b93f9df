package dev.berth.core.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.ClusterImage;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.Observed;
import dev.berth.core.model.Json;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.Change;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.StoredObject;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The search that ends early, over rankings that are only brought up to date, finds what a look at
 * all nodes finds: in random clusters that change between the searches.
 */
class NodeSearchTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final int WORLDS = 15;
  private static final int NODES = 12;
  private static final int STEPS = 150;
  private static final String[] SHAPES = {
    "{}",
    "{'nodeSelector': {'zone': 'z1'}}",
    "{'tolerations': [{'operator': 'Exists'}]}",
    """
    {'affinity': {'podAntiAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': [
      {'labelSelector': {'matchLabels': {'app': 'a1'}}, 'topologyKey': 'zone'}]}}}""",
    """
    {'affinity': {'podAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': [
      {'labelSelector': {'matchLabels': {'app': 'a2'}}, 'topologyKey': 'zone'}]}}}""",
    """
    {'affinity': {'podAffinity': {'preferredDuringSchedulingIgnoredDuringExecution': [
      {'weight': 9, 'podAffinityTerm':
        {'labelSelector': {'matchLabels': {'app': 'a0'}}, 'topologyKey': 'zone'}}]}}}""",
    """
    {'topologySpreadConstraints': [{'maxSkew': 1, 'topologyKey': 'zone',
      'whenUnsatisfiable': 'DoNotSchedule', 'labelSelector': {'matchLabels': {'app': 'a0'}}}]}""",
    """
    {'affinity': {'nodeAffinity': {'preferredDuringSchedulingIgnoredDuringExecution': [
      {'weight': 5, 'preference':
        {'matchExpressions': [{'key': 'zone', 'operator': 'In', 'values': ['z2']}]}}]}}}""",
  };

  private final Map<ObjectKey, StoredObject> stored = new HashMap<>();
  private ClusterImage image = new ClusterImage();
  private Rankings rankings = new Rankings();
  private Random random = new Random();
  private long revision;

  @Test
  void itFindsTheBestOfAll() {
    var placed = 0;
    for (var seed = 1; seed <= WORLDS; seed++) {
      random = new Random(seed);
      image = new ClusterImage();
      rankings = new Rankings();
      stored.clear();
      for (var step = 0; step < STEPS; step++) {
        change();
        placed += search("seed " + seed + " step " + step);
      }
    }
    assertThat(placed).as("pods that found a node").isGreaterThan(WORLDS * STEPS / 4);
  }

  private void change() {
    switch (random.nextInt(8)) {
      case 0, 1, 2, 3 -> put(anyNode());
      case 4 -> remove(Keys.node("n" + random.nextInt(NODES)));
      case 5 -> put(anyVolume());
      default -> remove(Keys.pod("default", "p" + random.nextInt(STEPS)));
    }
  }

  private Manifest anyNode() {
    var name = "n" + random.nextInt(NODES);
    var node = Manifest.node(name).label("zone", "z" + random.nextInt(3));
    if (random.nextInt(5) == 0) {
      node.taint("t", "", random.nextBoolean() ? "NoSchedule" : "PreferNoSchedule");
    }
    return node.set(String.valueOf(2 + random.nextInt(8)), "status", "allocatable", "cpu");
  }

  private Manifest anyVolume() {
    return Manifest.volume("v" + random.nextInt(20), (1 + random.nextInt(4)) + "Gi")
        .classed("local")
        .on("n" + random.nextInt(NODES))
        .phase("Available");
  }

  /** Looks for a node in both ways, and puts the pod there. */
  private int search(String about) {
    put(Manifest.storageClass("local", true));
    var name = "p" + random.nextInt(STEPS);
    var withClaim = random.nextInt(3) == 0;
    var manifest = withClaim ? Manifest.pod(name, "c" + name) : Manifest.pod(name);
    manifest.label("app", "a" + random.nextInt(3)).requests("cpu", "1");
    manifest.spec(SHAPES[random.nextInt(SHAPES.length)]);
    if (withClaim) {
      put(Manifest.claim("c" + name, "1Gi").classed("local"));
    }
    var document = manifest.document();
    var pod = new Observed<>(manifest.key(), 1, document, Json.view(document, Pod.class));
    if (!(PodClaims.of(image, pod) instanceof PodClaims.Ready ready)) {
      return 0;
    }
    var search =
        new NodeSearch(image, rankings, new PodDemand(pod), ready, PodGang.of(image, pod, ready));
    var best = search.best();
    var most = Double.NEGATIVE_INFINITY;
    for (var state : image.nodes().all()) {
      var candidate = search.on(state);
      assertThat(candidate == null).isEqualTo(!search.refusals(state).isEmpty());
      most = candidate == null ? most : Math.max(most, candidate.score());
    }
    assertThat(best == null ? Double.NEGATIVE_INFINITY : best.score()).as(about).isEqualTo(most);
    if (best == null) {
      return 0;
    }
    put(manifest.nodeName(best.node().key().name()));
    for (var choice : best.volumes().volumes()) {
      remove(choice.volume().key());
    }
    return 1;
  }

  private void put(Manifest manifest) {
    feed(manifest.key(), manifest.document());
  }

  private void remove(ObjectKey key) {
    if (stored.containsKey(key)) {
      feed(key, null);
    }
  }

  private void feed(ObjectKey key, byte @Nullable [] document) {
    revision++;
    var before = stored.get(key);
    var after = document == null ? null : new StoredObject(key, revision, document);
    if (after == null) {
      stored.remove(key);
    } else {
      stored.put(key, after);
    }
    image.feed(new Change(key, revision, before, after), NOW);
  }
}
