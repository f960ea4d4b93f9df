package dev.berth.core.control;

import com.google.errorprone.annotations.FormatMethod;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.provision.ProvisionProtocol;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of claims that are bound together or apart, by whoever was free to choose: a
 * volume that a user reserved is where it is.
 */
final class TogetherInvariants {
  private final WorldTruth truth;
  private final List<Observed<PersistentVolumeClaim>> chosen = new ArrayList<>();

  /** The volumes that were nobody's when they were given to the claims that have them. */
  private final Set<String> chosenVolumes = new HashSet<>();

  TogetherInvariants(WorldTruth truth) {
    this.truth = truth;
  }

  @FormatMethod
  private static AssertionError violated(String rule, Object... about) {
    return new AssertionError(String.format(rule, about));
  }

  /** Remembers what a transaction bound. */
  void onBinding(Observed<?> before, Observed<?> after) {
    if (before.view() instanceof PersistentVolume old
        && after.view() instanceof PersistentVolume volume
        && !uid(old).equals(uid(volume))) {
      if (old.spec().claimRef() == null) {
        chosenVolumes.add(after.key().name());
      } else {
        chosenVolumes.remove(after.key().name());
      }
    }
    if (before.view() instanceof PersistentVolumeClaim old
        && after.view() instanceof PersistentVolumeClaim claim
        && !old.fullyBound()
        && old.volumeName().isEmpty()
        && claim.fullyBound()) {
      chosen.add(new Observed<>(after.key(), after.revision(), after.document(), claim));
    }
  }

  /** Whoever asks a node for a volume chooses where it is. */
  void onCreation(Observed<?> made) {
    if (made.view() instanceof PersistentVolume volume
        && ProvisionProtocol.of(volume) instanceof ProvisionProtocol.Requested) {
      chosenVolumes.add(made.key().name());
    }
  }

  private static String uid(PersistentVolume volume) {
    var claim = volume.spec().claimRef();
    return claim == null ? "" : claim.uid();
  }

  /** Looks at what was bound, after whole transactions. */
  void check() {
    for (var claim : chosen) {
      var volume = truth.view(Keys.volume(claim.view().volumeName()), PersistentVolume.class);
      if (volume != null && chosenVolumes.contains(claim.view().volumeName())) {
        checkGroup(claim);
        checkSpread(claim, volume);
      }
    }
    chosen.clear();
  }

  private void checkGroup(Observed<PersistentVolumeClaim> claim) {
    var group = claim.view().volumeGroup();
    if (group.isEmpty()) {
      return;
    }
    var bound = 0;
    Set<String> hosts = new HashSet<>(SimulatedUsers.HOSTS);
    for (var other : truth.claims()) {
      if (other.view().volumeGroup().equals(group)
          && other.view().fullyBound()
          && !other.view().metadata().deleting()) {
        bound++;
        var volume = truth.view(Keys.volume(other.view().volumeName()), PersistentVolume.class);
        var its = volume == null ? null : VolumePool.hosts(volume);
        if (its != null) {
          hosts.retainAll(its);
        }
      }
    }
    var size =
        Integer.parseInt(
            claim
                .view()
                .metadata()
                .annotations()
                .getOrDefault(PersistentVolumeClaim.VOLUME_GROUP_SIZE, "0"));
    if (bound < size) {
      throw violated(
          "%s is bound, but only %d of %d claims of its group %s are",
          claim.key(), bound, size, group);
    }
    if (hosts.isEmpty()) {
      throw violated("the group %s of %s is on several nodes", group, claim.key());
    }
  }

  private void checkSpread(Observed<PersistentVolumeClaim> claim, PersistentVolume volume) {
    var spread = claim.view().volumeSpread();
    if (spread.isEmpty()) {
      return;
    }
    for (var other : truth.claims()) {
      if (other.key().equals(claim.key())
          || !other.view().volumeSpread().equals(spread)
          || !other.view().fullyBound()
          || isNamedByItsUser(other.view())
          || !chosenVolumes.contains(other.view().volumeName())) {
        continue;
      }
      var its = truth.view(Keys.volume(other.view().volumeName()), PersistentVolume.class);
      for (var label :
          List.of(claim.view().volumeSpreadTopology(), other.view().volumeSpreadTopology())) {
        var here = place(volume, label);
        if (its != null && here != null && here.equals(place(its, label))) {
          throw violated(
              "%s and %s must be apart, and both are in %s %s",
              claim.key(), other.key(), label, here);
        }
      }
    }
  }

  private static boolean isNamedByItsUser(PersistentVolumeClaim claim) {
    return !claim.metadata().annotations().containsKey(PersistentVolumeClaim.BOUND_BY_CONTROLLER);
  }

  private @Nullable String place(PersistentVolume volume, String label) {
    var hosts = VolumePool.hosts(volume);
    if (hosts == null) {
      return null;
    }
    var host = hosts.iterator().next();
    if (label.equals(Node.HOSTNAME_LABEL)) {
      return host;
    }
    var node = truth.view(Keys.node(host), Node.class);
    return node == null ? null : node.metadata().labels().get(label);
  }
}
