package dev.berth.core.binding;

import dev.berth.core.control.Draft;
import dev.berth.core.control.Edit;
import dev.berth.core.control.Observed;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** The writes that bind a claim and a volume completely, or complete what is half done. */
public final class Binding {
  private static final String YES = "yes";

  private Binding() {}

  /**
   * Adds to the draft all that the two still lack of being bound to each other. Both are then
   * required to be as they were, also where nothing is missing.
   */
  public static void write(
      Draft draft, Observed<PersistentVolume> volume, Observed<PersistentVolumeClaim> claim) {
    var volumeEdit = Edit.of(volume);
    writeVolume(volumeEdit, volume.view(), claim);
    draft.write(volumeEdit);
    draft.write(claimEdit(volumeEdit, volume, claim));
  }

  private static void writeVolume(
      Edit edit, PersistentVolume volume, Observed<PersistentVolumeClaim> claim) {
    var reference = volume.spec().claimRef();
    var uid = claim.view().metadata().uid();
    if (!BindingState.isFor(volume, claim)) {
      edit.annotation(PersistentVolume.BOUND_BY_CONTROLLER, YES);
    }
    if (reference == null || !reference.uid().equals(uid)) {
      edit.set(reference(claim), "spec", "claimRef");
    }
    edit.set(PersistentVolume.BOUND, "status", "phase")
        .remove("status", "message")
        .remove("status", "reason");
    Trash.remember(edit, claim.view());
  }

  private static JsonNode reference(Observed<PersistentVolumeClaim> claim) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("kind", "PersistentVolumeClaim")
        .put("namespace", claim.key().namespace())
        .put("name", claim.key().name())
        .put("uid", claim.view().metadata().uid())
        .put("apiVersion", "v1")
        .put("resourceVersion", Long.toString(claim.revision()));
  }

  private static Edit claimEdit(
      Edit volumeEdit, Observed<PersistentVolume> volume, Observed<PersistentVolumeClaim> claim) {
    var edit = Edit.of(claim);
    if (!claim.view().volumeName().equals(volume.key().name())) {
      edit.set(volume.key().name(), "spec", "volumeName")
          .annotation(PersistentVolumeClaim.BOUND_BY_CONTROLLER, YES);
    }
    if (!claim.view().bindCompleted()) {
      edit.annotation(PersistentVolumeClaim.BIND_COMPLETED, YES);
    }
    var modes = volumeEdit.get("spec", "accessModes");
    if (modes != null) {
      edit.set(modes.deepCopy(), "status", "accessModes");
    }
    var size = volumeEdit.get("spec", "capacity", "storage");
    // A bound claim's capacity is what its file system has, which the volume may have outgrown.
    if (size != null && !claim.view().phase().equals(PersistentVolumeClaim.BOUND)) {
      var capacity = JsonNodeFactory.instance.objectNode();
      edit.set(capacity.set("storage", size), "status", "capacity");
    }
    return edit.annotation(Provisioning.REFUSED_BY, null)
        .set(PersistentVolumeClaim.BOUND, "status", "phase");
  }
}
