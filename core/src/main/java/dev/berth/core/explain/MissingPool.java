package dev.berth.core.explain;

import dev.berth.core.binding.Provisioning;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.StorageClass;
import java.util.Collection;
import java.util.Comparator;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Classes out of whose pool no node can make anything, because none has it. */
final class MissingPool {

  /** So many nodes are named with their pools. */
  private static final int MOST_NAMED = 5;

  private MissingPool() {}

  /** What to do about the class of one of the claims; null when that is not what is wrong. */
  static @Nullable String advice(
      ClusterView view, Collection<Observed<PersistentVolumeClaim>> claims) {
    return claims.stream()
        .map(claim -> Provisioning.maker(view, claim.view()))
        .filter(Objects::nonNull)
        .map(type -> advice(view, type.view()))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  private static @Nullable String advice(ClusterView view, StorageClass type) {
    var pool = Provisioning.pool(type);
    var nodes =
        view.nodes().all().stream()
            .filter(state -> state.node() != null)
            .sorted(Comparator.comparing(NodeState::name))
            .map(state -> Objects.requireNonNull(state.node()).view())
            .toList();
    // A node that does not tell its pools may have it.
    if (nodes.isEmpty() || nodes.stream().anyMatch(node -> mayHave(node, pool))) {
      return null;
    }
    var more =
        nodes.size() > MOST_NAMED ? ", and %d more nodes".formatted(nodes.size() - MOST_NAMED) : "";
    return ("no node has the pool \"%s\" of class \"%s\"; there are: %s%s. Create the class again"
            + " with one of these as its parameter pool, or give a node the pool %s (setting pools)"
            + " and restart its server")
        .formatted(
            pool,
            type.metadata().name(),
            nodes.stream()
                .limit(MOST_NAMED)
                .map(MissingPool::named)
                .collect(Collectors.joining("; ")),
            more,
            pool);
  }

  private static String named(Node node) {
    var pools = Objects.requireNonNull(Provisioning.pools(node));
    return "%s on node %s"
        .formatted(pools.isEmpty() ? "none" : String.join(", ", pools), node.metadata().name());
  }

  private static boolean mayHave(Node node, String pool) {
    var pools = Provisioning.pools(node);
    return pools == null || pools.contains(pool);
  }
}
