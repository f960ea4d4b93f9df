package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Observed;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Quantity;
import dev.berth.core.model.StorageClass;
import java.util.ArrayList;
import java.util.List;

/**
 * What a node has against making a volume for a claim of an immediate class: every rule that says
 * no. {@link Provisioning} asks one of the nodes where there is none.
 *
 * @param refusals in the order of the rules; empty when the node may be asked
 */
public record MakerVerdict(Observed<Node> node, List<Refusal> refusals) {

  /** The rules. */
  public enum Rule {
    /** It is not ready, or cordoned. */
    NODE_CLOSED,
    /** The class's allowedTopologies leave it out. */
    TOPOLOGY,
    /** It was asked and could not. */
    COULD_NOT,
    /** It reports less free storage than the claim asks for. */
    NO_SPACE,
    /** Another claim that this one must be apart from has a volume there. */
    VOLUME_SPREAD
  }

  /**
   * @param needed what the claim or its class asks for
   * @param found what the node has
   */
  public record Refusal(Rule rule, String needed, String found) {}

  public MakerVerdict {
    refusals = List.copyOf(refusals);
  }

  /** Whether the node could be asked if it had the space. */
  boolean isOnlyFull() {
    return refusals.size() == 1 && refusals.getFirst().rule() == Rule.NO_SPACE;
  }

  /** Judges all nodes. */
  public static List<MakerVerdict> all(
      ClusterView view, Observed<PersistentVolumeClaim> claim, StorageClass type) {
    var spread = Spread.of(view, claim);
    var verdicts = new ArrayList<MakerVerdict>();
    for (var state : view.nodes().all()) {
      var node = state.node();
      if (node != null) {
        verdicts.add(
            new MakerVerdict(node, refusals(view, claim.view(), type, node.view(), spread)));
      }
    }
    return verdicts;
  }

  private static List<Refusal> refusals(
      ClusterView view, PersistentVolumeClaim claim, StorageClass type, Node node, Spread spread) {
    var refusals = new ArrayList<Refusal>();
    if (!Provisioning.isOpen(node)) {
      refusals.add(
          new Refusal(
              Rule.NODE_CLOSED,
              "a node that is ready and not cordoned",
              node.ready() ? "cordoned" : "not ready"));
    }
    refusals.addAll(unable(view, claim, type, node));
    if (!spread.allows(node.metadata().labels())) {
      refusals.add(
          new Refusal(
              Rule.VOLUME_SPREAD,
              "a %s that no other claim of its spread has".formatted(spread.own()),
              "one of them has its volume there, or the node has no such label"));
    }
    return refusals;
  }

  /**
   * What the node has against making the volume, wherever the claim's pod or group may be: empty
   * where {@link Provisioning#canMake} says yes.
   */
  public static List<Refusal> unable(
      ClusterView view, PersistentVolumeClaim claim, StorageClass type, Node node) {
    var refusals = new ArrayList<Refusal>();
    if (!Provisioning.isAllowed(type, node)) {
      refusals.add(
          new Refusal(
              Rule.TOPOLOGY,
              "a node of the allowedTopologies of class \"%s\"".formatted(claim.className()),
              "labels that are not among them"));
    }
    if (Provisioning.refusing(claim).contains(node.metadata().name())) {
      refusals.add(
          new Refusal(
              Rule.COULD_NOT,
              "a node that has not just failed to make it",
              "it failed, see the claim's events, and is asked again after "
                  + Provisioning.refusedUntil(claim)));
    }
    var space = FreeSpace.of(view, type, node);
    if (!space.fits(claim.request().ceiling())) {
      refusals.add(
          new Refusal(
              Rule.NO_SPACE,
              claim.request().toString(),
              "%s free".formatted(Quantity.ofBytes(space.largest()))));
    }
    return refusals;
  }
}
