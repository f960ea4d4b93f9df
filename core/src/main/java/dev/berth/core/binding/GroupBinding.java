package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * What is done next for the claims of a group: all of them are bound in one transaction, or none
 * is. What a node has to make for it is asked of that one node; what is made waits, each for its
 * claim, until all is there. A group that cannot go on where it began gives all of that back, and
 * is looked at as if it were new: a group that waits holds nothing that others could have.
 */
final class GroupBinding {
  private final ClusterView view;
  private final Observed<PersistentVolumeClaim> claim;
  private final VolumeGroup group;
  private final List<Observed<PersistentVolumeClaim>> open;
  private final Instant now;

  /**
   * @param claim of the group, on whose behalf it is looked at
   */
  GroupBinding(
      ClusterView view, Observed<PersistentVolumeClaim> claim, VolumeGroup group, Instant now) {
    this.view = view;
    this.claim = claim;
    this.group = group;
    this.open = group.open();
    this.now = now;
  }

  Plan next() {
    if (claim.view().metadata().deleting()) {
      return Plan.NOTHING;
    }
    var busy = busy();
    if (!busy.isEmpty()) {
      return new Plan(List.of(), List.of(), new Plan.Settled(busy));
    }
    var why = group.why();
    if (why != null) {
      if (holdsSomething()) {
        return giveBack(why);
      }
      var draft = WaitingClaim.pending(claim);
      return group.wrong()
          ? draft.warning(claim, "WaitForVolumeGroup", why).whenever()
          : draft.normal(claim, "WaitForVolumeGroup", why).whenever();
    }
    var underWay =
        open.stream()
            .map(member -> Provisioning.underWay(view, member))
            .filter(Objects::nonNull)
            .toList();
    for (var volume : underWay) {
      if (ProvisionProtocol.of(volume.view()) instanceof ProvisionProtocol.Failed) {
        return giveBack(
            "node %s cannot make all volumes of group %s"
                .formatted(ProvisionProtocol.node(volume.view()), group.name()));
      }
    }
    if (!underWay.isEmpty()) {
      return WaitingClaim.pending(claim)
          .normal(claim, "Provisioning", Provisioning.progress(underWay.getFirst().view()))
          .whenever();
    }
    return place();
  }

  /** What would have to be written, and is being written. */
  private Set<ObjectKey> busy() {
    var busy = new LinkedHashSet<ObjectKey>();
    for (var member : group.members()) {
      var made = Provisioning.meantFor(view, member);
      if (view.isBusy(member.key())) {
        busy.add(member.key());
      }
      if (made != null && view.isBusy(made.key())) {
        busy.add(made.key());
      }
    }
    return busy;
  }

  /** Nothing is under way: either all have a volume that they could get now, or nodes are asked. */
  private Plan place() {
    var sent = open.stream().anyMatch(member -> WaitingClaim.isSent(member.view()));
    if (group.waitsForPod(view) && !sent) {
      if (holdsSomething()) {
        return giveBack("volume group %s has no node any more".formatted(group.name()));
      }
      // The scheduler binds them all with the node of the first pod that uses one.
      var draft = WaitingClaim.pending(claim);
      WaitingClaim.explainDelay(view, claim, draft);
      return Provisioning.again(claim, draft, now);
    }
    return switch (GroupPlacement.find(view, group)) {
      case GroupPlacement.Busy(var keys) -> new Plan(List.of(), List.of(), new Plan.Settled(keys));
      case GroupPlacement.Nowhere(var why) -> {
        if (holdsSomething()) {
          yield giveBack(why);
        }
        var draft = WaitingClaim.pending(claim).normal(claim, "FailedBinding", why);
        yield Provisioning.again(claim, draft, now);
      }
      case GroupPlacement.Found found -> {
        if (found.placement().toMake().isEmpty()) {
          yield bind(found);
        }
        // Where something has to be made for a pod, the scheduler says.
        yield sent
            ? giveBack("volume group %s needs a node again".formatted(group.name()))
            : ask(found);
      }
    };
  }

  private static Plan bind(GroupPlacement.Found found) {
    var draft = new Draft();
    for (var choice : found.placement().volumes()) {
      Binding.write(draft, choice.volume(), choice.claim());
    }
    found.bound().forEach(draft::relyOn);
    return draft.whenever();
  }

  private Plan ask(GroupPlacement.Found found) {
    if (view.isBusy(found.node().key())) {
      return Plan.waitFor(found.node().key());
    }
    var draft = new Draft();
    for (var each : found.placement().toMake()) {
      var type = Objects.requireNonNull(each.maker());
      Provisioning.ask(draft, view, each.claim(), type, found.node(), false, now);
    }
    open.forEach(draft::relyOn);
    found.bound().forEach(draft::relyOn);
    return draft.whenever();
  }

  /** Whether nodes were asked for something that its claims have not got yet. */
  private boolean holdsSomething() {
    return open.stream()
        .anyMatch(
            member ->
                WaitingClaim.isSent(member.view()) || Provisioning.meantFor(view, member) != null);
  }

  /** Nothing that was made stays, no node is chosen any more; who could not is not asked again. */
  private Plan giveBack(String why) {
    var draft = new Draft();
    for (var member : open) {
      var made = Provisioning.meantFor(view, member);
      if (made != null && ProvisionProtocol.of(made.view()) instanceof ProvisionProtocol.Failed) {
        Provisioning.fail(draft, member, made, Provisioning.PAUSE_OF_GROUP, now);
      } else {
        draft.write(Edit.of(member).annotation(PersistentVolumeClaim.SELECTED_NODE, null));
        if (made != null) {
          giveBack(draft, made);
        }
      }
    }
    return draft.normal(claim, "WaitForVolumeGroup", why).whenever();
  }

  private static void giveBack(Draft draft, Observed<PersistentVolume> made) {
    var edit = Edit.of(made).set(PersistentVolume.RELEASED, "status", "phase");
    switch (ProvisionProtocol.of(made.view())) {
      // No claim has had it: whatever the policy says, there is nothing to keep.
      case ProvisionProtocol.Requested(var generation) ->
          ProvisionProtocol.cancel(edit, generation);
      case ProvisionProtocol.Made(var generation) -> ProvisionProtocol.cancel(edit, generation);
      case ProvisionProtocol.NotOurs _,
          ProvisionProtocol.Failed _,
          ProvisionProtocol.Cancelled _,
          ProvisionProtocol.RemovalRequested _,
          ProvisionProtocol.Removing _,
          ProvisionProtocol.Removed _,
          ProvisionProtocol.Unreadable _ -> {
        return;
      }
    }
    draft.write(edit);
  }
}
