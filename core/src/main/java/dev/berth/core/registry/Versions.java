package dev.berth.core.registry;

import dev.berth.core.registry.rules.Problem;

/** Reads resourceVersions. */
final class Versions {

  /** A replacement that must say which version it replaces does not. */
  static final Problem MISSING =
      new Problem(
          Problem.Reason.INVALID,
          "metadata.resourceVersion",
          "Invalid value: 0x0: must be specified for an update");

  private Versions() {}

  /**
   * @throws Rejection when it is not one
   */
  static long parse(String version) {
    try {
      var revision = Long.parseLong(version);
      if (revision >= 0) {
        return revision;
      }
    } catch (NumberFormatException e) {
      // Told below, together with the negative ones.
    }
    throw Rejections.badRequest(
        "invalid resource version \"" + version + "\": it must be a number that the server gave");
  }
}
