package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Observed;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.StorageClass;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A claim that gets its volume together with a node.
 *
 * @param reserved the volumes that name the claim: when there are any, it gets one of them
 * @param spread where it may not be
 * @param maker its class, when the node, or an external provisioner, can be asked to make a volume
 *     there; null when neither can
 */
public record OpenClaim(
    Observed<PersistentVolumeClaim> claim,
    List<Observed<PersistentVolume>> reserved,
    Spread spread,
    @Nullable Observed<StorageClass> maker) {

  /** Of a claim as things are. */
  public static OpenClaim of(ClusterView view, Observed<PersistentVolumeClaim> claim) {
    var reserved = VolumeMatcher.reserved(view, claim);
    return new OpenClaim(
        claim,
        reserved == null ? List.of() : List.of(reserved),
        Spread.of(view, claim),
        reserved == null ? maker(view, claim.view()) : null);
  }

  /** Nobody else's program takes part in a group: it could not give back what it has made. */
  private static @Nullable Observed<StorageClass> maker(
      ClusterView view, PersistentVolumeClaim claim) {
    var own = Provisioning.maker(view, claim);
    return own == null && claim.volumeGroup().isEmpty() ? Provisioning.external(view, claim) : own;
  }

  /** Whether the node may be asked to make its volume. */
  boolean mayBeMadeOn(Node node) {
    return maker != null && Provisioning.mayAsk(maker.view(), claim.view(), node);
  }

  /** How much the node can make for its class. */
  FreeSpace space(ClusterView view, Node node) {
    return FreeSpace.of(view, Objects.requireNonNull(maker).view(), node);
  }

  long bytes() {
    return claim.view().request().ceiling();
  }

  /** Whether its volume may be on the node, beside those of the other claims. */
  boolean mayBeOn(Node node, List<OpenClaim> together) {
    if (!spread.matters()) {
      return true;
    }
    var value = claim.view().volumeSpread();
    return spread.allows(node.metadata().labels())
        && together.stream()
            .noneMatch(
                other ->
                    !other.claim().key().equals(claim.key())
                        && other.claim().key().namespace().equals(claim.key().namespace())
                        && other.claim().view().volumeSpread().equals(value));
  }

  /** Whether all may be on the node together. */
  public static boolean allMayBeOn(Node node, List<OpenClaim> claims) {
    for (var each : claims) {
      if (!each.mayBeOn(node, claims)) {
        return false;
      }
    }
    return true;
  }
}
