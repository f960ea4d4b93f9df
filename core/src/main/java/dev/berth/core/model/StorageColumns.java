package dev.berth.core.model;

import java.util.ArrayList;
import tools.jackson.databind.JsonNode;

/** The tables of volumes, claims and classes. */
final class StorageColumns {

  private static final String CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

  private StorageColumns() {}

  static PrintedColumns ofVolumes() {
    return new PrintedColumns()
        .named(PrintedColumns::name)
        .with("Capacity", "Its size.", (o, now) -> Json.text(o, "spec", "capacity", "storage"))
        .with("Access Modes", "Who may use it at once.", (o, now) -> modes(o.path("spec")))
        .with(
            "Reclaim Policy",
            "What becomes of it when its claim is gone.",
            (o, now) -> Json.text(o, "spec", "persistentVolumeReclaimPolicy"))
        .with("Status", "Where it is in its life.", (o, now) -> phase(o))
        .with("Claim", "Whom it belongs to, or is reserved for.", (o, now) -> claim(o))
        .with("StorageClass", "The class that it belongs to.", (o, now) -> className(o))
        .with("VolumeAttributesClass", "Its attributes.", (o, now) -> attributesClass(o))
        .with("Reason", "Why it is in this state.", (o, now) -> Json.text(o, "status", "reason"))
        .aged()
        .wide("VolumeMode", "Filesystem or Block.", (o, now) -> mode(o));
  }

  static PrintedColumns ofClaims() {
    return new PrintedColumns()
        .named(PrintedColumns::name)
        .with("Status", "Where it is in its life.", (o, now) -> phase(o))
        .with("Volume", "What it got.", (o, now) -> Json.text(o, "spec", "volumeName"))
        .with("Capacity", "The size that it got.", (o, now) -> boundCapacity(o))
        .with("Access Modes", "Who may use it at once.", (o, now) -> boundModes(o))
        .with("StorageClass", "The class that it asks for.", (o, now) -> className(o))
        .with("VolumeAttributesClass", "Its attributes.", (o, now) -> attributesClass(o))
        .aged()
        .wide("VolumeMode", "Filesystem or Block.", (o, now) -> mode(o));
  }

  static PrintedColumns ofClasses() {
    return new PrintedColumns()
        .named((o, now) -> Json.text(o, "metadata", "name") + (isDefault(o) ? " (default)" : ""))
        .with("Provisioner", "Who makes its volumes.", (o, now) -> Json.text(o, "provisioner"))
        .with(
            "ReclaimPolicy",
            "What becomes of its volumes when their claims are gone.",
            (o, now) -> Json.text(o, "reclaimPolicy"))
        .with("VolumeBindingMode", "When.", (o, now) -> Json.text(o, "volumeBindingMode"))
        .with(
            "AllowVolumeExpansion",
            "Whether its claims may grow.",
            (o, now) -> Boolean.toString(o.path("allowVolumeExpansion").booleanValue(false)))
        .aged();
  }

  static PrintedColumns ofCsiNodes() {
    return new PrintedColumns()
        .named(PrintedColumns::name)
        .with(
            "Drivers",
            "How many drivers it has.",
            (o, now) -> Integer.toString(Json.at(o, "spec", "drivers").size()))
        .aged();
  }

  static PrintedColumns ofStorageCapacities() {
    return new PrintedColumns()
        .named(PrintedColumns::name)
        .with("StorageClassName", "For which class.", (o, now) -> Json.text(o, "storageClassName"))
        .with("Capacity", "What is free.", (o, now) -> unsetIfEmpty(Json.text(o, "capacity")));
  }

  static PrintedColumns ofAttributesClasses() {
    return new PrintedColumns()
        .named(PrintedColumns::name)
        .with("DriverName", "Whose volumes it is for.", (o, now) -> Json.text(o, "driverName"))
        .aged();
  }

  private static String unsetIfEmpty(String text) {
    return text.isEmpty() ? "<unset>" : text;
  }

  private static String phase(JsonNode object) {
    return PrintedColumns.deleting(object) ? "Terminating" : Json.text(object, "status", "phase");
  }

  private static String claim(JsonNode volume) {
    var claim = Json.at(volume, "spec", "claimRef");
    return claim.isObject() ? Json.text(claim, "namespace") + "/" + Json.text(claim, "name") : "";
  }

  private static String className(JsonNode object) {
    var annotated = Json.at(object, "metadata", "annotations", CLASS_ANNOTATION);
    return annotated.isString()
        ? annotated.stringValue()
        : Json.text(object, "spec", "storageClassName");
  }

  private static String attributesClass(JsonNode object) {
    var name = Json.at(object, "spec", "volumeAttributesClassName");
    return name.isString() ? name.stringValue() : "<unset>";
  }

  private static String mode(JsonNode object) {
    return unsetIfEmpty(Json.text(object, "spec", "volumeMode"));
  }

  private static String boundCapacity(JsonNode claim) {
    return bound(claim) ? Json.text(claim, "status", "capacity", "storage") : "";
  }

  private static String boundModes(JsonNode claim) {
    return bound(claim) ? modes(claim.path("status")) : "";
  }

  private static boolean bound(JsonNode claim) {
    return !Json.text(claim, "spec", "volumeName").isEmpty();
  }

  private static String modes(JsonNode holder) {
    var modes = new ArrayList<String>();
    for (var mode : holder.path("accessModes")) {
      var text = mode.stringValue("");
      var shown =
          switch (text) {
            case "ReadWriteOnce" -> "RWO";
            case "ReadOnlyMany" -> "ROX";
            case "ReadWriteMany" -> "RWX";
            case "ReadWriteOncePod" -> "RWOP";
            default -> text;
          };
      if (!modes.contains(shown)) {
        modes.add(shown);
      }
    }
    return String.join(",", modes);
  }

  private static boolean isDefault(JsonNode storageClass) {
    return StorageClass.isDefault(
        annotation -> Json.text(storageClass, "metadata", "annotations", annotation));
  }
}
