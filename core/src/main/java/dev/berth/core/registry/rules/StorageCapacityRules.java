package dev.berth.core.registry.rules;

/** Reports of free capacity: for which nodes and which class stays, how much changes. */
final class StorageCapacityRules extends KindRules {

  @Override
  public void validate(Field object, Problems problems) {
    if (object.child("nodeTopology").present()) {
      SelectorRules.checkLabelSelector(object.child("nodeTopology"), problems);
    }
    var storageClass = object.child("storageClassName");
    if (Checks.required(storageClass, problems)) {
      Names.checkSubdomain(storageClass, storageClass.text(), problems);
    }
    for (var member : new String[] {"capacity", "maximumVolumeSize"}) {
      var quantity = object.child(member);
      if (quantity.present() && Checks.quantity(quantity).signum() < 0) {
        problems.invalid(quantity, "must be greater than or equal to 0");
      }
    }
  }

  @Override
  public void validateChange(String subresource, Field old, Field updated, Problems problems) {
    for (var member : new String[] {"nodeTopology", "storageClassName"}) {
      Checks.immutable(old.child(member), updated.child(member), problems);
    }
  }
}
