package dev.berth.core.registry.rules;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;

/** The drivers of a node: what one of them said about itself does not change while it is there. */
final class CsiNodeRules extends KindRules {

  private static final int LONGEST_DRIVER = 63;
  private static final int LONGEST_NODE_ID = 256;

  @Override
  public void validate(Field object, Problems problems) {
    var names = new HashSet<String>();
    for (var driver : object.at("spec", "drivers").items()) {
      checkDriver(driver, problems);
      if (!names.add(driver.child("name").text())) {
        problems.duplicate(driver.child("name"));
      }
    }
  }

  private static void checkDriver(Field driver, Problems problems) {
    var name = driver.child("name");
    if (Checks.required(name, problems)) {
      if (name.text().length() > LONGEST_DRIVER) {
        problems.tooLong(name, LONGEST_DRIVER);
      }
      Names.checkSubdomain(name, name.text().toLowerCase(Locale.ROOT), problems);
    }
    var id = driver.child("nodeID");
    if (Checks.required(id, problems) && id.text().length() > LONGEST_NODE_ID) {
      problems.invalid(id, "must be " + LONGEST_NODE_ID + " characters or less");
    }
    Checks.notNegative(driver.at("allocatable", "count"), problems);
    var keys = new HashSet<String>();
    for (var key : driver.child("topologyKeys").items()) {
      if (Checks.required(key, problems)) {
        MetadataRules.checkQualifiedName(key, key.text(), problems);
      }
      if (!keys.add(key.text())) {
        problems.duplicate(key);
      }
    }
  }

  @Override
  public void validateChange(String subresource, Field old, Field updated, Problems problems) {
    var before = drivers(old);
    for (var driver : updated.at("spec", "drivers").items()) {
      var known = before.get(driver.child("name").text());
      if (known == null) {
        continue;
      }
      for (var member : new String[] {"nodeID", "topologyKeys"}) {
        Checks.immutable(known.child(member), driver.child(member), problems);
      }
    }
  }

  private static Map<String, Field> drivers(Field object) {
    var drivers = new HashMap<String, Field>();
    object
        .at("spec", "drivers")
        .items()
        .forEach(driver -> drivers.put(driver.child("name").text(), driver));
    return drivers;
  }
}
