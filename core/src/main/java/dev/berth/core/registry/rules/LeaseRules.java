package dev.berth.core.registry.rules;

/** Heartbeats: written often, each for all that matters, and only by whoever saw the last one. */
final class LeaseRules extends KindRules {

  @Override
  public void validate(Field object, Problems problems) {
    var spec = object.child("spec");
    if (spec.child("leaseDurationSeconds").number(1) <= 0) {
      problems.invalid(spec.child("leaseDurationSeconds"), "must be greater than 0");
    }
    Checks.notNegative(spec.child("leaseTransitions"), problems);
  }

  @Override
  public boolean createdByReplacing() {
    return true;
  }

  @Override
  public boolean replacedByVersionOnly() {
    return true;
  }

  @Override
  public boolean repeats() {
    return true;
  }
}
