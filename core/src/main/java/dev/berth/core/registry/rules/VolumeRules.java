package dev.berth.core.registry.rules;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.WipeMethod;
import dev.berth.core.model.schema.Schemas;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.node.ObjectNode;

/** Persistent volumes. */
final class VolumeRules extends KindRules {

  static final String FINALIZER = "kubernetes.io/pv-protection";

  /** Members of the specification that do not say where the storage is. */
  private static final Set<String> NOT_SOURCES =
      Set.of(
          "capacity",
          "accessModes",
          "claimRef",
          "persistentVolumeReclaimPolicy",
          "storageClassName",
          "mountOptions",
          "volumeMode",
          "nodeAffinity",
          "volumeAttributesClassName");

  private static final Set<String> SOURCES = sources();

  private static Set<String> sources() {
    var sources = new TreeSet<>(Schemas.named("PersistentVolumeSpec").fields().keySet());
    sources.removeAll(NOT_SOURCES);
    return sources;
  }

  @Override
  public void setDefaults(ObjectNode object) {
    if (object.get("spec") instanceof ObjectNode spec) {
      Defaults.put(spec, "persistentVolumeReclaimPolicy", "Retain");
      Defaults.put(spec, "volumeMode", "Filesystem");
      if (spec.get("hostPath") instanceof ObjectNode hostPath) {
        Defaults.put(hostPath, "type", "");
      }
    }
    Defaults.put(object.withObject("status"), "phase", "Pending");
  }

  @Override
  public void begin(ObjectNode object) {
    object.set("status", Json.object().put("phase", "Pending"));
    Defaults.addToSet(object.withObject("metadata"), "finalizers", FINALIZER);
  }

  @Override
  public void validate(Field object, Problems problems) {
    var spec = object.child("spec");
    AccessModes.check(spec.child("accessModes"), "", problems);
    checkCapacity(spec.child("capacity"), problems);
    Checks.oneOf(
        spec.child("persistentVolumeReclaimPolicy"),
        Set.of("Delete", "Recycle", "Retain"),
        problems);
    Checks.oneOf(spec.child("volumeMode"), Set.of("Block", "Filesystem"), problems);
    Checks.subdomain(spec.child("storageClassName"), problems);
    Checks.mountOptions(spec.child("mountOptions"), problems);
    var affinity = spec.child("nodeAffinity");
    if (affinity.present()) {
      if (affinity.child("required").absent()) {
        problems.required(affinity.child("required"), "must specify required node constraints");
      } else {
        SelectorRules.checkNodeSelector(affinity.child("required"), problems);
      }
    }
    Checks.keepTime(object, problems);
    Checks.oneOf(
        object.at("metadata", "annotations").key(WipeMethod.ANNOTATION),
        WipeMethod.WORDS,
        problems);
    Checks.oneOf(
        object.at("metadata", "annotations").key(PersistentVolume.CORDONED),
        PersistentVolume.CORDON_WORDS,
        problems);
    checkSource(spec, problems);
    Checks.notNegativeQuantities(object.at("status", "capacity"), problems);
  }

  private static void checkCapacity(Field capacity, Problems problems) {
    if (capacity.value().isEmpty()) {
      problems.required(capacity, "");
      return;
    }
    if (capacity.key("storage").absent() || capacity.value().size() > 1) {
      problems.unsupported(capacity, List.of("storage"));
    }
    capacity.entries().forEach(amount -> Checks.positive(amount, problems));
  }

  private static void checkSource(Field spec, Problems problems) {
    var found = 0;
    for (var name : SOURCES) {
      var source = spec.child(name);
      if (source.absent()) {
        continue;
      }
      found++;
      if (found > 1) {
        problems.forbidden(source, "may not specify more than 1 volume type");
      } else {
        checkSource(spec, name, source, problems);
      }
    }
    if (found == 0) {
      problems.required(spec, "must specify a volume type");
    }
  }

  private static void checkSource(Field spec, String name, Field source, Problems problems) {
    switch (name) {
      case "local" -> {
        Checks.absolutePath(source.child("path"), problems);
        if (spec.child("nodeAffinity").absent()) {
          problems.required(spec.child("nodeAffinity"), "Local volume requires node affinity");
        }
      }
      case "hostPath" -> {
        VolumeSources.checkHostPath(source, problems);
        var recycled = spec.child("persistentVolumeReclaimPolicy");
        if (recycled.text().equals("Recycle") && source.child("path").text().equals("/")) {
          problems.forbidden(recycled, "may not be 'recycle' for a hostPath mount of '/'");
        }
      }
      case "nfs" -> VolumeSources.checkNfs(source, problems);
      case "csi" -> {
        VolumeSources.checkCsi(source, problems);
        if (source.child("driver").text().equals(VolumeSources.LOOP_DRIVER)
            && spec.child("nodeAffinity").absent()) {
          problems.required(
              spec.child("nodeAffinity"), "the image of a loop volume lies on one node");
        }
      }
      default -> {}
    }
  }

  @Override
  public void validateChange(String subresource, Field old, Field updated, Problems problems) {
    var before = old.child("spec");
    var after = updated.child("spec");
    for (var source : SOURCES) {
      if (!Checks.unchanged(before.child(source), after.child(source))) {
        problems.forbidden(
            after.child("persistentvolumesource"),
            "spec.persistentvolumesource is immutable after creation");
        break;
      }
    }
    Checks.immutable(before.child("volumeMode"), after.child("volumeMode"), problems);
    if (before.child("nodeAffinity").present()) {
      Checks.immutable(before.child("nodeAffinity"), after.child("nodeAffinity"), problems);
    }
  }
}
