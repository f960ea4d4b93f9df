package dev.berth.core.registry.rules;

import java.util.Set;

/** Where a pod says that it may, must, or would rather run. */
final class PlacementRules {

  private static final Set<String> EFFECTS = Set.of("NoSchedule", "PreferNoSchedule", "NoExecute");
  private static final String REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
  private static final String PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

  private PlacementRules() {}

  static void validate(Field spec, Problems problems) {
    MetadataRules.checkLabels(spec.child("nodeSelector"), problems);
    spec.child("tolerations").items().forEach(each -> checkToleration(each, problems));
    var affinity = spec.child("affinity");
    checkNodeAffinity(affinity.child("nodeAffinity"), problems);
    checkPodAffinity(affinity.child("podAffinity"), problems);
    checkPodAffinity(affinity.child("podAntiAffinity"), problems);
    spec.child("topologySpreadConstraints").items().forEach(each -> checkSpread(each, problems));
  }

  private static void checkToleration(Field toleration, Problems problems) {
    var key = toleration.child("key");
    var operator = toleration.child("operator");
    var effect = toleration.child("effect");
    if (!key.text().isEmpty()) {
      MetadataRules.checkQualifiedName(key, key.text(), problems);
    } else if (!operator.text().equals("Exists")) {
      problems.invalid(
          operator,
          operator.text(),
          "operator must be Exists when `key` is empty, which means \"match all values and all"
              + " keys\"");
    }
    if (toleration.child("tolerationSeconds").present() && !effect.text().equals("NoExecute")) {
      problems.invalid(
          effect, effect.text(), "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    switch (operator.text()) {
      case "", "Equal" ->
          MetadataRules.checkLabelValue(
              toleration.child("value"), toleration.child("value").text(), problems);
      case "Exists" -> {
        if (!toleration.child("value").text().isEmpty()) {
          problems.invalid(
              toleration.child("value"), "value must be empty when `operator` is 'Exists'");
        }
      }
      default -> problems.unsupported(operator, Set.of("Equal", "Exists"));
    }
    if (!effect.text().isEmpty()) {
      Checks.oneOf(effect, EFFECTS, problems);
    }
  }

  private static void checkNodeAffinity(Field affinity, Problems problems) {
    if (affinity.child(REQUIRED).present()) {
      SelectorRules.checkNodeSelector(affinity.child(REQUIRED), problems);
    }
    for (var preferred : affinity.child(PREFERRED).items()) {
      checkWeight(preferred.child("weight"), problems);
      SelectorRules.checkNodeSelectorTerm(preferred.child("preference"), problems);
    }
  }

  private static void checkPodAffinity(Field affinity, Problems problems) {
    affinity.child(REQUIRED).items().forEach(term -> checkPodTerm(term, problems));
    for (var preferred : affinity.child(PREFERRED).items()) {
      checkWeight(preferred.child("weight"), problems);
      checkPodTerm(preferred.child("podAffinityTerm"), problems);
    }
  }

  private static void checkWeight(Field weight, Problems problems) {
    var value = weight.number(0);
    if (value < 1 || value > 100) {
      problems.invalid(weight, "must be in the range 1-100");
    }
  }

  private static void checkPodTerm(Field term, Problems problems) {
    SelectorRules.checkLabelSelector(term.child("labelSelector"), problems);
    SelectorRules.checkLabelSelector(term.child("namespaceSelector"), problems);
    for (var namespace : term.child("namespaces").items()) {
      Names.checkLabel(namespace, namespace.text(), problems);
    }
    var topology = term.child("topologyKey");
    if (Checks.required(topology, "can not be empty", problems)) {
      MetadataRules.checkQualifiedName(topology, topology.text(), problems);
    }
  }

  private static void checkSpread(Field constraint, Problems problems) {
    var skew = constraint.child("maxSkew");
    if (skew.number(0) <= 0) {
      problems.invalid(skew, "must be greater than zero");
    }
    Checks.required(constraint.child("topologyKey"), "can not be empty", problems);
    if (Checks.required(constraint.child("whenUnsatisfiable"), problems)) {
      Checks.oneOf(
          constraint.child("whenUnsatisfiable"),
          Set.of("DoNotSchedule", "ScheduleAnyway"),
          problems);
    }
    SelectorRules.checkLabelSelector(constraint.child("labelSelector"), problems);
  }
}
