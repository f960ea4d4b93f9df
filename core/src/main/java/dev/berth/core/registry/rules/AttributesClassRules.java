package dev.berth.core.registry.rules;

/** Classes of attributes of volumes; one that is there stays as it is. */
final class AttributesClassRules extends KindRules {

  @Override
  public void validate(Field object, Problems problems) {
    ClassRules.checkProvisioner(object.child("driverName"), problems);
    var parameters = object.child("parameters");
    if (parameters.value().isEmpty()) {
      problems.required(parameters, "must contain at least one key/value pair");
    }
    ClassRules.checkParameters(parameters, problems);
  }

  @Override
  public void validateChange(String subresource, Field old, Field updated, Problems problems) {
    for (var member : new String[] {"driverName", "parameters"}) {
      if (!Checks.unchanged(old.child(member), updated.child(member))) {
        problems.forbidden(updated.child(member), "updates to " + member + " are forbidden.");
      }
    }
  }
}
