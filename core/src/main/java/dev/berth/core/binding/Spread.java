package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Observed;
import dev.berth.core.control.VolumePool;
import dev.berth.core.model.ApiObject;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where a claim's volume may not be, because claims that it must be apart from ({@link
 * PersistentVolumeClaim#VOLUME_SPREAD}) have theirs there, or are about to: what is decided but not
 * durable yet counts. Who wants to be apart by other labels of nodes than this claim is heeded,
 * too.
 *
 * @param own the label of nodes by which the claim itself wants to be apart; empty when it does not
 * @param taken values of labels of nodes that are taken, by label; with {@link #UNKNOWN} among them
 *     all are, because nobody can say which
 */
public record Spread(String own, Map<String, Set<String>> taken) {

  /** The place of a volume that is tied to a host of which there is no node. */
  private static final String UNKNOWN = "";

  /** The claim may be anywhere. */
  public static final Spread NONE = new Spread("", Map.of());

  public Spread {
    taken = Map.copyOf(taken);
  }

  /** Of a claim as things are. */
  public static Spread of(ClusterView view, Observed<PersistentVolumeClaim> claim) {
    var value = claim.view().volumeSpread();
    if (value.isEmpty()) {
      return NONE;
    }
    var own = claim.view().volumeSpreadTopology();
    var taken = new HashMap<String, Set<String>>();
    for (var key : view.claims().spreadAs(claim.key().namespace(), value)) {
      var other = view.claim(key);
      if (other == null || key.equals(claim.key())) {
        continue;
      }
      for (var label : labels(own, other.view())) {
        var places = placesOf(view, other, label);
        if (!places.isEmpty()) {
          taken.computeIfAbsent(label, absent -> new HashSet<>()).addAll(places);
        }
      }
    }
    return new Spread(own, taken);
  }

  /** The places of the volume that the claim has, or is about to have. */
  private static Set<String> placesOf(
      ClusterView view, Observed<PersistentVolumeClaim> claim, String label) {
    var places = new HashSet<String>();
    var name = claim.view().volumeName();
    if (!name.isEmpty()) {
      var volume = view.volume(name);
      return volume == null ? places : places(view, volume.view(), label);
    }
    var expected = BindingState.expected(view, claim);
    for (var volume : expected) {
      places.addAll(places(view, volume.view(), label));
    }
    var sentTo = selectedNode(claim.view());
    if (expected.isEmpty() && !sentTo.isEmpty()) {
      var node = view.node(sentTo);
      var place = node == null ? null : node.view().metadata().labels().get(label);
      places.add(place == null ? UNKNOWN : place);
    }
    return places;
  }

  /** Where somebody makes the claim's volume; empty for nowhere. */
  private static String selectedNode(PersistentVolumeClaim claim) {
    return claim.metadata().annotations().getOrDefault(PersistentVolumeClaim.SELECTED_NODE, "");
  }

  private static Set<String> labels(String own, PersistentVolumeClaim other) {
    var labels = new HashSet<>(Set.of(own));
    labels.add(other.volumeSpreadTopology());
    return labels;
  }

  /** Whether a change of a claim can have freed a place for those that are apart from it. */
  public static boolean freesPlace(@Nullable ApiObject before, @Nullable ApiObject after) {
    if (!(before instanceof PersistentVolumeClaim old) || old.volumeSpread().isEmpty()) {
      return false;
    }
    var volume = old.volumeName();
    var node = selectedNode(old);
    if (!(after instanceof PersistentVolumeClaim now)
        || !now.volumeSpread().equals(old.volumeSpread())
        || !now.volumeSpreadTopology().equals(old.volumeSpreadTopology())) {
      return !volume.isEmpty() || !node.isEmpty();
    }
    return volume.isEmpty()
        ? !node.isEmpty() && now.volumeName().isEmpty() && !selectedNode(now).equals(node)
        : !now.volumeName().equals(volume);
  }

  /** Whether the claim cares where it is. */
  public boolean matters() {
    return !own.isEmpty();
  }

  /** Whether the claim's volume may be on a node with these labels. */
  public boolean allows(Map<String, String> labels) {
    if (!matters()) {
      return true;
    }
    if (!labels.containsKey(own)) {
      return false;
    }
    return taken.entrySet().stream()
        .noneMatch(
            each ->
                each.getValue().contains(UNKNOWN)
                    || each.getValue().contains(labels.getOrDefault(each.getKey(), UNKNOWN)));
  }

  /** Whether the claim may have the volume, wherever pods will use it. */
  public boolean allows(ClusterView view, PersistentVolume volume) {
    if (!matters()) {
      return true;
    }
    for (var each : taken.entrySet()) {
      var places = places(view, volume, each.getKey());
      var known = !places.contains(UNKNOWN) && !each.getValue().contains(UNKNOWN);
      if (!places.isEmpty()
          && !each.getValue().isEmpty()
          && !(known && Collections.disjoint(places, each.getValue()))) {
        return false;
      }
    }
    return true;
  }

  /** The places of a volume; none when it is tied to no host and can be used in several. */
  private static Set<String> places(ClusterView view, PersistentVolume volume, String label) {
    var places = new HashSet<String>();
    var hosts = VolumePool.hosts(volume);
    if (hosts != null) {
      for (var host : hosts) {
        for (var state : view.nodes().ofHost(host)) {
          add(Objects.requireNonNull(state.node()).view(), label, places);
        }
        if (label.equals(Node.HOSTNAME_LABEL)) {
          places.add(host);
        }
      }
      return places.isEmpty() ? Set.of(UNKNOWN) : places;
    }
    if (volume.spec().nodeAffinity() == null) {
      return Set.of();
    }
    for (var state : view.nodes().all()) {
      var node = Objects.requireNonNull(state.node()).view();
      if (volume.reachableFrom(state.name(), node.metadata().labels())) {
        add(node, label, places);
      }
    }
    return places.size() > 1 ? Set.of() : places;
  }

  private static void add(Node node, String label, Set<String> places) {
    var place = node.metadata().labels().get(label);
    if (place != null) {
      places.add(place);
    }
  }
}
