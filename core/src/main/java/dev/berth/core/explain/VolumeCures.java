package dev.berth.core.explain;

import dev.berth.core.binding.Cordon;
import dev.berth.core.binding.Spread;
import dev.berth.core.binding.VolumeVerdict;
import dev.berth.core.binding.VolumeVerdict.Refusal;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Keys;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.model.Json;
import dev.berth.core.model.LabelSelector;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What would give a claim a volume: a change of one that is there, or a new one. */
final class VolumeCures {

  /** A number may come after it. */
  private static final int LONGEST_NAME = 240;

  private VolumeCures() {}

  /** What would make a volume fit; null when nothing could, or nothing should. */
  static @Nullable Cure of(VolumeVerdict verdict, PersistentVolumeClaim claim) {
    var cure = Cure.NOTHING;
    for (var refusal : verdict.refusals()) {
      cure = Cure.both(cure, of(verdict.volume(), claim, refusal));
    }
    return cure;
  }

  private static @Nullable Cure of(
      Observed<PersistentVolume> volume, PersistentVolumeClaim claim, Refusal refusal) {
    var name = volume.key().name();
    return switch (refusal.rule()) {
      case CORDONED -> {
        // Nobody is advised to put data on a failing disk.
        if (!volume.view().metadata().annotations().containsKey(Cordon.ANNOTATION)) {
          yield null;
        }
        var patch = Json.object();
        patch.withObject("metadata").withObject("annotations").putNull(Cordon.ANNOTATION);
        yield Cordon.ofDisk(volume.view()).filter(disk -> disk.status().equals("False")).isPresent()
            ? null
            : Cure.of(
                new Remedy.Change(
                    volume.key(),
                    patch,
                    "kubectl annotate pv " + name + " " + Cordon.ANNOTATION + "-"),
                Cure.WORD);
      }
      case SELECTOR -> label(volume, claim.spec().selector());
      case DELETING,
          TAKEN,
          PHASE,
          DIRTY,
          STORAGE_CLASS,
          ATTRIBUTES_CLASS,
          VOLUME_MODE,
          ACCESS_MODES,
          SIZE,
          SPREAD ->
          null;
    };
  }

  private static @Nullable Cure label(
      Observed<PersistentVolume> volume, @Nullable LabelSelector selector) {
    if (selector == null || !selector.matchExpressions().isEmpty()) {
      return null;
    }
    var patch = Json.object();
    var labels = patch.withObject("metadata").withObject("labels");
    var text = new StringBuilder("kubectl label pv ").append(volume.key().name());
    selector
        .matchLabels()
        .forEach(
            (key, value) -> {
              if (!value.equals(volume.view().metadata().labels().get(key))) {
                labels.put(key, value);
                text.append(' ').append(key).append('=').append(value);
              }
            });
    return Cure.of(
        new Remedy.Change(volume.key(), patch, text.append(" --overwrite").toString()), Cure.LABEL);
  }

  /**
   * A new local volume for the claim; null when its selector cannot be met by labels alone.
   *
   * @param node where; null for anywhere, or where the claim's spread allows it
   * @param wantedName the claim's word; null when it names none
   */
  static @Nullable Cure newVolume(
      ClusterView view,
      Observed<PersistentVolumeClaim> claim,
      @Nullable Node node,
      @Nullable String wantedName) {
    var spread = Spread.of(view, claim);
    if (node == null && wantedName == null && spread.matters()) {
      var allowed = place(view, spread);
      return allowed == null ? null : newVolume(view, claim, allowed, null);
    }
    var selector = claim.view().spec().selector();
    var host = node == null ? null : node.metadata().labels().get(Node.HOSTNAME_LABEL);
    if ((selector != null && !selector.matchExpressions().isEmpty())
        || (node != null && host == null)) {
      return null;
    }
    var name =
        wantedName == null
            ? freeName(view, claim.key().name() + (host == null ? "" : "-" + host))
            : wantedName;
    var volume = Json.object();
    volume.put("apiVersion", "v1").put("kind", "PersistentVolume");
    var metadata = volume.putObject("metadata").put("name", name);
    if (selector != null) {
      selector.matchLabels().forEach(metadata.withObject("labels")::put);
    }
    var spec = volume.putObject("spec");
    spec.putObject("capacity").put("storage", claim.view().request().toString());
    claim.view().spec().accessModes().forEach(spec.putArray("accessModes")::add);
    spec.put("persistentVolumeReclaimPolicy", "Retain");
    spec.put("storageClassName", claim.view().className());
    spec.put("volumeMode", claim.view().block() ? "Block" : "Filesystem");
    if (!claim.view().attributesClass().isEmpty()) {
      spec.put("volumeAttributesClassName", claim.view().attributesClass());
    }
    spec.putObject("local").put("path", Remedy.FILL_IN);
    var expression =
        spec.withObject("nodeAffinity")
            .withObject("required")
            .putArray("nodeSelectorTerms")
            .addObject()
            .putArray("matchExpressions")
            .addObject();
    expression.put("key", Node.HOSTNAME_LABEL);
    if (host == null) {
      expression.put("operator", "Exists");
    } else {
      expression.put("operator", "In").putArray("values").add(host);
    }
    var text =
        "create a PersistentVolume of class \"%s\" with at least %s (%s)%s for claim %s/%s"
            .formatted(
                claim.view().className(),
                claim.view().request(),
                String.join(", ", claim.view().spec().accessModes()),
                node == null ? "" : " on node " + node.metadata().name(),
                claim.key().namespace(),
                claim.key().name());
    return Cure.of(new Remedy.Create(Keys.volume(name), volume, text), Cure.VOLUME);
  }

  /**
   * Somewhere where no other claim of the spread has its volume; null when there is no such node.
   */
  private static @Nullable Node place(ClusterView view, Spread spread) {
    return view.nodes().all().stream()
        .filter(state -> state.node() != null)
        .sorted(Comparator.comparing(NodeState::name))
        .map(state -> Objects.requireNonNull(state.node()).view())
        .filter(node -> spread.allows(node.metadata().labels()))
        .findFirst()
        .orElse(null);
  }

  private static String freeName(ClusterView view, String wanted) {
    // Labels may have letters that names may not, and both together may be too long.
    var name = wanted.toLowerCase(Locale.ROOT).replace('_', '-');
    name = name.substring(0, Math.min(name.length(), LONGEST_NAME)).replaceAll("[.-]+$", "");
    return free(view, name);
  }

  private static String free(ClusterView view, String wanted) {
    var name = wanted;
    for (var i = 2; view.volume(name) != null; i++) {
      name = wanted + "-" + i;
    }
    return name;
  }

  /** The lesser of a change of one of the volumes and a new one. */
  static @Nullable Cure best(
      ClusterView view,
      List<VolumeVerdict> verdicts,
      Observed<PersistentVolumeClaim> claim,
      @Nullable Node node) {
    var best = newVolume(view, claim, node, null);
    for (var verdict : verdicts) {
      best = Cure.lesser(best, of(verdict, claim.view()));
    }
    return best;
  }
}
