package dev.berth.core.registry.rules;

import dev.berth.core.model.schema.Schemas;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The volumes that a pod declares. */
final class PodVolumeRules {

  private static final Set<String> SOURCES = sources();

  private PodVolumeRules() {}

  private static Set<String> sources() {
    var sources = new TreeSet<>(Schemas.named("Volume").fields().keySet());
    sources.remove("name");
    return sources;
  }

  /** The declared volumes by name, for those who refer to them. */
  static Map<String, Field> validate(Field volumes, Problems problems) {
    var byName = new HashMap<String, Field>();
    for (var volume : volumes.items()) {
      var name = volume.child("name");
      if (Checks.required(name, problems)) {
        Names.checkLabel(name, name.text(), problems);
        if (byName.putIfAbsent(name.text(), volume) != null) {
          problems.duplicate(name);
        }
      }
      checkSource(volume, problems);
    }
    return byName;
  }

  private static void checkSource(Field volume, Problems problems) {
    var found = 0;
    for (var type : SOURCES) {
      var source = volume.child(type);
      if (source.absent()) {
        continue;
      }
      found++;
      if (found > 1) {
        problems.forbidden(source, "may not specify more than 1 volume type");
      } else {
        checkSource(type, source, problems);
      }
    }
    if (found == 0) {
      problems.required(volume, "must specify a volume type");
    }
  }

  private static void checkSource(String type, Field source, Problems problems) {
    switch (type) {
      case "persistentVolumeClaim" -> Checks.required(source.child("claimName"), problems);
      case "hostPath" -> VolumeSources.checkHostPath(source, problems);
      case "nfs" -> VolumeSources.checkNfs(source, problems);
      case "emptyDir" -> {
        var limit = source.child("sizeLimit");
        if (limit.present() && Checks.quantity(limit).signum() < 0) {
          problems.forbidden(limit, "SizeLimit field must be a valid resource quantity");
        }
      }
      case "secret" -> {
        Checks.required(source.child("secretName"), problems);
        checkFiles(source, problems);
      }
      case "configMap" -> {
        Checks.required(source.child("name"), problems);
        checkFiles(source, problems);
      }
      case "csi" -> Checks.required(source.child("driver"), problems);
      case "ephemeral" -> {
        var template = source.child("volumeClaimTemplate");
        if (Checks.required(template, problems)) {
          ClaimRules.checkSpec(template.child("spec"), problems);
        }
      }
      default -> {}
    }
  }

  private static void checkFiles(Field source, Problems problems) {
    Checks.between(source.child("defaultMode"), 0, 0777, problems);
    for (var item : source.child("items").items()) {
      Checks.required(item.child("key"), problems);
      if (Checks.required(item.child("path"), problems)) {
        checkRelative(item.child("path"), problems);
      }
      Checks.between(item.child("mode"), 0, 0777, problems);
    }
  }

  /** A path that stays below where it begins. */
  static void checkRelative(Field path, Problems problems) {
    if (path.text().startsWith("/")) {
      problems.invalid(path, "must be a relative path");
    }
    Checks.noBacksteps(path, problems);
  }
}
