package dev.berth.core.registry.rules;

/** Selectors of objects by label, and of nodes by label and field. */
final class SelectorRules {

  private SelectorRules() {}

  /** A selector over labels, with {@code matchLabels} and {@code matchExpressions}. */
  static void checkLabelSelector(Field selector, Problems problems) {
    MetadataRules.checkLabels(selector.child("matchLabels"), problems);
    for (var expression : selector.child("matchExpressions").items()) {
      checkOperator(expression, false, problems);
      MetadataRules.checkQualifiedName(
          expression.child("key"), expression.child("key").text(), problems);
      if (expression.child("operator").text().endsWith("In")) {
        for (var value : expression.child("values").items()) {
          MetadataRules.checkLabelValue(value, value.text(), problems);
        }
      }
    }
  }

  /** A selector over nodes, which must have terms. */
  static void checkNodeSelector(Field selector, Problems problems) {
    var terms = selector.child("nodeSelectorTerms");
    if (terms.value().isEmpty()) {
      problems.required(terms, "must have at least one node selector term");
    }
    terms.items().forEach(term -> checkNodeSelectorTerm(term, problems));
  }

  static void checkNodeSelectorTerm(Field term, Problems problems) {
    for (var expression : term.child("matchExpressions").items()) {
      checkOperator(expression, true, problems);
      MetadataRules.checkQualifiedName(
          expression.child("key"), expression.child("key").text(), problems);
    }
    for (var expression : term.child("matchFields").items()) {
      checkFieldExpression(expression, problems);
    }
  }

  private static void checkFieldExpression(Field expression, Problems problems) {
    var operator = expression.child("operator");
    if (!operator.text().equals("In") && !operator.text().equals("NotIn")) {
      problems.invalid(operator, "not a valid selector operator");
    } else if (expression.child("values").value().size() != 1) {
      problems.required(
          expression.child("values"),
          "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
    }
    if (!expression.child("key").text().equals("metadata.name")) {
      problems.invalid(expression.child("key"), "not a valid field selector key");
    }
  }

  private static void checkOperator(Field expression, boolean ofNodes, Problems problems) {
    var operator = expression.child("operator");
    var values = expression.child("values");
    var count = values.value().size();
    switch (operator.text()) {
      case "In", "NotIn" -> {
        if (count == 0) {
          problems.required(values, "must be specified when `operator` is 'In' or 'NotIn'");
        }
      }
      case "Exists", "DoesNotExist" -> {
        if (count > 0) {
          problems.forbidden(
              values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
        }
      }
      case "Gt", "Lt" -> {
        if (!ofNodes) {
          problems.invalid(operator, "not a valid selector operator");
        } else if (count != 1) {
          problems.required(
              values, "must be specified single value when `operator` is 'Lt' or 'Gt'");
        }
      }
      default -> problems.invalid(operator, "not a valid selector operator");
    }
  }
}
