package dev.berth.core.registry.rules;

/** Events are where the object that they are about is, or in the default namespace. */
final class EventRules extends KindRules {

  private static final String DEFAULT_NAMESPACE = "default";

  @Override
  public void validate(Field object, Problems problems) {
    var involved = object.at("involvedObject", "namespace");
    var namespace = object.at("metadata", "namespace").text();
    var expected = involved.text().isEmpty() ? DEFAULT_NAMESPACE : involved.text();
    if (!namespace.equals(expected)) {
      problems.invalid(involved, involved.text(), "does not match event.namespace");
    }
  }

  @Override
  public boolean createdByReplacing() {
    return true;
  }
}
