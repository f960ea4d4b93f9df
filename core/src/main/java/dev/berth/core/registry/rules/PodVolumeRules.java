package dev.berth.core.registry.rules;

import dev.berth.core.model.schema.Schemas;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
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
      case "downwardAPI" -> {
        Checks.between(source.child("defaultMode"), 0, 0777, problems);
        checkFacts(source, problems);
      }
      case "projected" -> checkProjected(source, problems);
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
      checkFile(item, problems);
    }
  }

  /** Names that begin with two dots are the volume's own. */
  private static void checkFile(Field item, Problems problems) {
    var path = item.child("path");
    if (Checks.required(path, problems)) {
      checkRelative(path, problems);
      if (path.text().startsWith("..")) {
        problems.invalid(path, "must not start with '..'");
      }
    }
    Checks.between(item.child("mode"), 0, 0777, problems);
  }

  private static void checkFacts(Field source, Problems problems) {
    for (var item : source.child("items").items()) {
      checkFile(item, problems);
      var field = item.child("fieldRef");
      var resource = item.child("resourceFieldRef");
      if (field.present() && resource.present()) {
        problems.invalid(
            item, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
      } else if (field.present()) {
        Checks.required(field.child("fieldPath"), problems);
      } else if (resource.present()) {
        Checks.required(resource.child("containerName"), problems);
        Checks.required(resource.child("resource"), problems);
      } else {
        problems.required(
            item.child("fieldRef"), "one of fieldRef and resourceFieldRef is required");
      }
    }
  }

  private static void checkProjected(Field projected, Problems problems) {
    Checks.between(projected.child("defaultMode"), 0, 0777, problems);
    var paths = new HashSet<String>();
    for (var source : projected.child("sources").items()) {
      if (source.value().size() != 1) {
        problems.forbidden(source, "must specify exactly 1 volume source");
      }
      for (var kind : List.of("secret", "configMap")) {
        if (source.child(kind).present()) {
          Checks.required(source.child(kind).child("name"), problems);
          checkFiles(source.child(kind), problems);
        }
      }
      checkFacts(source.child("downwardAPI"), problems);
      for (var kind : List.of("secret", "configMap", "downwardAPI")) {
        for (var item : source.child(kind).child("items").items()) {
          var path = item.child("path");
          if (!path.text().isEmpty() && !paths.add(path.text())) {
            problems.invalid(path, "conflicting duplicate paths");
          }
        }
      }
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
