package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Observed;
import dev.berth.core.control.PoolKey;
import dev.berth.core.control.VolumeIndex;
import dev.berth.core.model.LabelSelector;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.provision.ProvisionProtocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a volume has against being given to a claim: every rule that says no, not only the first.
 * {@link VolumeMatcher} gives the claim a volume exactly where there is none.
 *
 * @param refusals in the order of the rules; empty when the claim can have it
 */
public record VolumeVerdict(Observed<PersistentVolume> volume, List<Refusal> refusals) {

  /** The rules. */
  public enum Rule {
    /** It is on its way out. */
    DELETING,
    /** It belongs to another claim, or is reserved for one. */
    TAKEN,
    /** It is not Available: new, not made yet, released, failed. */
    PHASE,
    /** It holds data that has to be wiped first. */
    DIRTY,
    STORAGE_CLASS,
    ATTRIBUTES_CLASS,
    VOLUME_MODE,
    ACCESS_MODES,
    SIZE,
    SELECTOR,
    /** Another claim that this one must be apart from has a volume there; see {@link Spread}. */
    SPREAD,
    /** It was taken out, or its disk is failing; see {@link Cordon}. */
    CORDONED
  }

  /**
   * A rule that says no. Its words are made only for those who read them: all volumes of a class
   * are judged when one claim is explained, and few of them are listed.
   */
  public static final class Refusal {
    private final Rule rule;
    private final Supplier<String> needed;
    private final Supplier<String> found;

    Refusal(Rule rule, Supplier<String> needed, Supplier<String> found) {
      this.rule = rule;
      this.needed = needed;
      this.found = found;
    }

    Refusal(Rule rule, String needed, String found) {
      this(rule, () -> needed, () -> found);
    }

    public Rule rule() {
      return rule;
    }

    /** What the claim asks for. */
    public String needed() {
      return needed.get();
    }

    /** What the volume has. */
    public String found() {
      return found.get();
    }
  }

  public VolumeVerdict {
    refusals = List.copyOf(refusals);
  }

  /**
   * Judges a volume for a claim that names none, also by where other claims have theirs.
   *
   * @param spread of the claim
   */
  public static VolumeVerdict of(
      ClusterView view,
      Observed<PersistentVolume> volume,
      Observed<PersistentVolumeClaim> claim,
      Spread spread) {
    var verdict = of(volume, claim);
    if (BindingState.isFor(volume.view(), claim) || spread.allows(view, volume.view())) {
      return verdict;
    }
    var refusals = new ArrayList<>(verdict.refusals());
    refusals.add(
        new Refusal(
            Rule.SPREAD,
            () ->
                "another %s than the claims with %s=%s"
                    .formatted(
                        spread.own(),
                        PersistentVolumeClaim.VOLUME_SPREAD,
                        claim.view().volumeSpread()),
            () -> "one of them has its volume there"));
    return new VolumeVerdict(volume, refusals);
  }

  /** Judges a volume by itself for a claim that names none. */
  public static VolumeVerdict of(
      Observed<PersistentVolume> volume, Observed<PersistentVolumeClaim> claim) {
    var refusals = new ArrayList<Refusal>();
    if (volume.view().metadata().deleting()) {
      refusals.add(new Refusal(Rule.DELETING, "a volume that stays", "it is being deleted"));
    }
    var reserved = BindingState.isFor(volume.view(), claim);
    if (!reserved) {
      free(volume.view(), refusals);
    }
    if (WipeProtocol.isDirty(volume.view())) {
      refusals.add(
          new Refusal(Rule.DIRTY, "an empty volume", "its former claim's data is not wiped yet"));
    }
    if (!ProvisionProtocol.isThere(volume.view())) {
      refusals.add(
          new Refusal(Rule.PHASE, "a volume that is there", "its node has not made it yet"));
    }
    fit(volume.view(), claim.view(), reserved, refusals);
    return new VolumeVerdict(volume, refusals);
  }

  private static void free(PersistentVolume volume, List<Refusal> refusals) {
    var owner = VolumeIndex.claimOf(volume);
    if (owner != null) {
      refusals.add(
          new Refusal(
              Rule.TAKEN,
              () -> "a free volume",
              () ->
                  volume.released()
                      ? "the data of claim %s/%s, which is gone (berth release pv/%s gives it away)"
                          .formatted(owner.namespace(), owner.name(), volume.metadata().name())
                      : "claim " + owner.namespace() + "/" + owner.name()));
    } else if (!volume.metadata().deleting() && !VolumeIndex.isFree(volume)) {
      refusals.add(
          new Refusal(
              Rule.PHASE,
              PersistentVolume.AVAILABLE,
              volume.phase().isEmpty() ? PersistentVolume.PENDING : volume.phase()));
    }
  }

  private static void fit(
      PersistentVolume volume,
      PersistentVolumeClaim claim,
      boolean reserved,
      List<Refusal> refusals) {
    var wanted = PoolKey.of(claim);
    var offered = PoolKey.of(volume);
    if (!reserved && !wanted.className().equals(offered.className())) {
      refusals.add(
          new Refusal(
              Rule.STORAGE_CLASS,
              () -> quoted(wanted.className()),
              () -> quoted(offered.className())));
    }
    if (!claim.attributesClass().equals(volume.attributesClass())) {
      refusals.add(
          new Refusal(
              Rule.ATTRIBUTES_CLASS,
              () -> quoted(claim.attributesClass()),
              () -> quoted(volume.attributesClass())));
    }
    if (wanted.block() != offered.block()) {
      refusals.add(new Refusal(Rule.VOLUME_MODE, mode(wanted.block()), mode(offered.block())));
    }
    if (!volume.spec().accessModes().containsAll(VolumeMatcher.modes(claim))) {
      refusals.add(
          new Refusal(
              Rule.ACCESS_MODES,
              () -> String.join(", ", claim.spec().accessModes()),
              () -> String.join(", ", volume.spec().accessModes())));
    }
    if (volume.storage().compareTo(claim.request()) < 0) {
      refusals.add(new Refusal(Rule.SIZE, claim.request()::toString, volume.storage()::toString));
    }
    var selector = claim.spec().selector();
    if (!reserved && selector != null && !selector.matches(volume.metadata().labels())) {
      refusals.add(
          new Refusal(
              Rule.SELECTOR,
              () -> text(selector),
              () -> "labels " + text(volume.metadata().labels())));
    }
    if (!reserved) {
      Cordon.why(volume)
          .ifPresent(
              why -> refusals.add(new Refusal(Rule.CORDONED, "a volume that is offered", why)));
    }
  }

  private static String text(LabelSelector selector) {
    var parts = new ArrayList<String>();
    selector.matchLabels().forEach((key, value) -> parts.add(key + "=" + value));
    // A map has no order: in another one the text would change without its reason.
    parts.sort(null);
    selector.matchExpressions().forEach(each -> parts.add(each.toString()));
    return "labels " + String.join(", ", parts);
  }

  private static String text(Map<String, String> labels) {
    var parts = new ArrayList<String>();
    labels.forEach((key, value) -> parts.add(key + "=" + value));
    parts.sort(null);
    return parts.isEmpty() ? "none" : String.join(", ", parts);
  }

  private static String quoted(String name) {
    return "\"" + name + "\"";
  }

  private static String mode(boolean block) {
    return block ? "Block" : "Filesystem";
  }
}
