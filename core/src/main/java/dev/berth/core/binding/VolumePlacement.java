package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Observed;
import dev.berth.core.control.PoolKey;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Volumes of one node for all open claims of a pod at once: each gets the smallest that fits, the
 * largest claim first; where selectors, access modes or classes stand in the way of that, claims
 * give way to each other until all have one, if that is possible at all.
 *
 * @param volumes for each claim that gets one that is there, in the order of the claims
 * @param toMake the claims for which the node has to make one first
 * @param share what share of the node's free space they take, 0 to 1; 0 when that is not known
 */
public record VolumePlacement(List<Choice> volumes, List<OpenClaim> toMake, double share) {

  /** A volume for a claim. */
  public record Choice(Observed<PersistentVolumeClaim> claim, Observed<PersistentVolume> volume) {}

  private static final int MOST_NAMED = 3;

  /** No claim needs a volume. */
  public static final VolumePlacement NONE_NEEDED = new VolumePlacement(List.of(), List.of(), 0);

  private static final Comparator<OpenClaim> LARGEST_FIRST =
      Comparator.<OpenClaim, Long>comparing(open -> open.claim().view().request().ceiling())
          .reversed()
          .thenComparing(open -> open.claim().key());

  /** The order in which claims are served. */
  public static List<OpenClaim> inOrder(List<OpenClaim> claims) {
    return claims.stream().sorted(LARGEST_FIRST).toList();
  }

  /**
   * @param claims as {@link #inOrder} gave them
   * @return null when the node has not got volumes for all of them
   */
  public static @Nullable VolumePlacement on(ClusterView view, Node node, List<OpenClaim> claims) {
    return on(view, node, claims, true);
  }

  /** Whether the node could make what it has not got, if it had the space. */
  public static boolean isPossibleWithSpace(ClusterView view, Node node, List<OpenClaim> claims) {
    return claims.stream().anyMatch(open -> open.mayBeMadeOn(node))
        && on(view, node, claims, false) != null;
  }

  private static @Nullable VolumePlacement on(
      ClusterView view, Node node, List<OpenClaim> claims, boolean heedSpace) {
    if (claims.isEmpty()) {
      return NONE_NEEDED;
    }
    var makeable = new ArrayList<Boolean>();
    var candidates = new ArrayList<List<Observed<PersistentVolume>>>();
    for (var open : claims) {
      var found = candidates(view, node, open, claims.size());
      makeable.add(
          open.mayBeMadeOn(node) && (!heedSpace || open.space(view, node).fits(open.bytes())));
      if (found.isEmpty() && !makeable.getLast()) {
        return null;
      }
      candidates.add(found);
    }
    var takenBy = new HashMap<String, Integer>();
    var toMake = new ArrayList<OpenClaim>();
    // Those that need a volume that is there come first; of the others the largest, so that as
    // little as possible has to be made.
    for (var made : new boolean[] {false, true}) {
      for (var i = 0; i < claims.size(); i++) {
        if (makeable.get(i) == made && !assign(i, candidates, takenBy, new HashSet<>())) {
          if (!made) {
            return null;
          }
          toMake.add(claims.get(i));
        }
      }
    }
    var share = share(view, node, toMake);
    return share > 1 && heedSpace
        ? null
        : new VolumePlacement(choices(claims, candidates, takenBy), toMake, Math.min(1, share));
  }

  /** What part of a pool's free space they take together, of the fullest pool; over 1: too much. */
  private static double share(ClusterView view, Node node, List<OpenClaim> toMake) {
    var needed = new HashMap<String, Long>();
    var most = 0.0;
    for (var open : toMake) {
      var space = open.space(view, node);
      if (space.isKnown()) {
        var sum = needed.merge(space.pool(), open.bytes(), Long::sum);
        most = Math.max(most, sum > space.bytes() ? 2 : space.share(sum));
      }
    }
    return most;
  }

  /**
   * The best volumes for the claim. As many as there are claims are enough: if the others had all
   * of them but one, that one would be left.
   */
  private static List<Observed<PersistentVolume>> candidates(
      ClusterView view, Node node, OpenClaim open, int most) {
    var claim = open.claim().view();
    var name = node.metadata().name();
    var sentTo = claim.metadata().annotations().get(PersistentVolumeClaim.SELECTED_NODE);
    if (sentTo != null && !sentTo.equals(name)) {
      return List.of();
    }
    var found = new ArrayList<Observed<PersistentVolume>>();
    if (!open.reserved().isEmpty()) {
      for (var volume : open.reserved()) {
        if (volume.view().reachableFrom(name, node.metadata().labels())) {
          found.add(volume);
        }
      }
      return found;
    }
    view.volumes()
        .free(PoolKey.of(claim))
        .offerOn(
            node,
            VolumeMatcher.modes(claim),
            claim.request().ceiling(),
            volume -> {
              if (VolumeMatcher.isFreeFor(volume.view(), claim)) {
                found.add(volume);
              }
              return found.size() < most;
            });
    return found;
  }

  /** The volumes of the node that these claims cannot have only because they are cordoned. */
  public static Set<String> cordoned(ClusterView view, Node node, List<OpenClaim> claims) {
    var cordoned = new TreeSet<String>();
    for (var open : claims) {
      var claim = open.claim().view();
      view.volumes()
          .free(PoolKey.of(claim))
          .offerOn(
              node,
              VolumeMatcher.modes(claim),
              claim.request().ceiling(),
              volume -> {
                if (VolumeMatcher.isCordonedFor(volume.view(), claim)) {
                  cordoned.add(volume.key().name());
                }
                return cordoned.size() < MOST_NAMED;
              });
    }
    return cordoned;
  }

  /** Gives claim {@code i} a volume, moving others to another of theirs where that is needed. */
  private static boolean assign(
      int i,
      List<List<Observed<PersistentVolume>>> candidates,
      Map<String, Integer> takenBy,
      Set<String> tried) {
    for (var volume : candidates.get(i)) {
      if (!takenBy.containsKey(volume.key().name())) {
        takenBy.put(volume.key().name(), i);
        return true;
      }
    }
    for (var volume : candidates.get(i)) {
      var name = volume.key().name();
      var holder = takenBy.get(name);
      if (holder != null && tried.add(name) && assign(holder, candidates, takenBy, tried)) {
        takenBy.put(name, i);
        return true;
      }
    }
    return false;
  }

  private static List<Choice> choices(
      List<OpenClaim> claims,
      List<List<Observed<PersistentVolume>>> candidates,
      Map<String, Integer> takenBy) {
    var choices = new ArrayList<Choice>();
    for (var i = 0; i < claims.size(); i++) {
      for (var volume : candidates.get(i)) {
        if (Integer.valueOf(i).equals(takenBy.get(volume.key().name()))) {
          choices.add(new Choice(claims.get(i).claim(), volume));
        }
      }
    }
    return choices;
  }

  /**
   * How much of the chosen volumes the claims asked for, 0 to 1; 1 when none is needed. Where
   * something has to be made, how much of the free space, -1 to 0: whatever is there is taken
   * before, and the largest space is left for the largest volume.
   */
  public double fit() {
    if (!toMake.isEmpty()) {
      return share - 1;
    }
    if (volumes.isEmpty()) {
      return 1;
    }
    var asked = 0.0;
    var given = 0.0;
    for (var choice : volumes) {
      asked += choice.claim().view().request().amount().doubleValue();
      given += choice.volume().view().storage().amount().doubleValue();
    }
    return given == 0 ? 1 : asked / given;
  }
}
