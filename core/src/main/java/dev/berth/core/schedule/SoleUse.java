package dev.berth.core.schedule;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Keys;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.ObjectKey;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A claim with the access mode ReadWriteOncePod is used by one pod at a time, which may be one that
 * is expected on its node.
 */
final class SoleUse implements PlaceFilter {
  private static final String READ_WRITE_ONCE_POD = "ReadWriteOncePod";

  private final Set<ObjectKey> users;

  private SoleUse(Set<ObjectKey> users) {
    this.users = users;
  }

  static Optional<PlaceFilter> of(ClusterView view, PodDemand pod, PodClaims.Ready claims) {
    var users = new HashSet<ObjectKey>();
    claims.bound().forEach(bound -> addUsers(view, pod, bound.claim(), users));
    claims.open().forEach(open -> addUsers(view, pod, open.claim(), users));
    return users.isEmpty() ? Optional.empty() : Optional.of(new SoleUse(users));
  }

  /** Whether another pod uses a claim of the pod that one pod alone may use. */
  static boolean isTaken(ClusterView view, PodDemand pod) {
    var users = new HashSet<ObjectKey>();
    for (var name : pod.pod().view().claimNames()) {
      var claim = view.claim(Keys.claim(pod.pod().key().namespace(), name));
      if (claim != null) {
        addUsers(view, pod, claim, users);
      }
    }
    return !users.isEmpty();
  }

  /** Whether both use a claim that one pod alone may use: then one of them comes later. */
  static boolean excludes(ClusterView view, Pod one, Pod other) {
    if (!one.metadata().namespace().equals(other.metadata().namespace())) {
      return false;
    }
    var others = other.claimNames();
    for (var name : one.claimNames()) {
      var claim = view.claim(Keys.claim(one.metadata().namespace(), name));
      if (others.contains(name) && claim != null && isForOne(claim.view())) {
        return true;
      }
    }
    return false;
  }

  private static boolean isForOne(PersistentVolumeClaim claim) {
    return claim.spec().accessModes().contains(READ_WRITE_ONCE_POD);
  }

  private static void addUsers(
      ClusterView view,
      PodDemand pod,
      Observed<PersistentVolumeClaim> claim,
      Set<ObjectKey> users) {
    if (!isForOne(claim.view())) {
      return;
    }
    for (var key : view.pods().using(Keys.claim(claim.key().namespace(), claim.key().name()))) {
      var user = view.pod(key);
      if (user != null
          && !key.equals(pod.pod().key())
          && !user.view().destination().isEmpty()
          && !user.view().finished()) {
        users.add(key);
      }
    }
  }

  @Override
  public void check(NodeState node, Node object, Shift shift, Consumer<Refusal> refusals) {
    var left = users.size();
    for (var pod : shift.gone()) {
      left -= users.contains(pod.key()) ? 1 : 0;
    }
    if (left > 0) {
      refusals.accept(Refusal.of(Refusal.Rule.VOLUME_IN_USE));
    }
  }
}
