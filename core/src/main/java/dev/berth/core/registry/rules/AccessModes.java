package dev.berth.core.registry.rules;

import java.util.Set;

/** The ways in which a volume may be used at the same time. */
final class AccessModes {

  private static final String ALONE = "ReadWriteOncePod";
  private static final Set<String> KNOWN =
      Set.of("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", ALONE);

  private AccessModes() {}

  static void check(Field modes, String whyRequired, Problems problems) {
    if (modes.value().isEmpty()) {
      problems.required(modes, whyRequired);
      return;
    }
    var alone = false;
    for (var mode : modes.items()) {
      if (!KNOWN.contains(mode.text())) {
        problems.unsupportedItem(modes, mode, KNOWN);
      }
      alone |= mode.text().equals(ALONE);
    }
    if (alone && modes.value().size() > 1) {
      problems.forbidden(modes, "may not use ReadWriteOncePod with other access modes");
    }
  }
}
