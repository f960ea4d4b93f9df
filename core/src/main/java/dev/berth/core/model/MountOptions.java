package dev.berth.core.model;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Which options of a mount a volume or its class may name: those that say how its file system
 * behaves, not those that would make mount(8) do something else than mount that volume there.
 */
public final class MountOptions {
  private static final Set<String> OTHER_DEEDS =
      Set.of(
          "bind",
          "rbind",
          "move",
          "remount",
          "loop",
          "offset",
          "sizelimit",
          "helper",
          "shared",
          "rshared",
          "slave",
          "rslave",
          "private",
          "rprivate",
          "unbindable",
          "runbindable");

  /** They name another device than the volume's, which would be opened beside it. */
  private static final Set<String> OTHER_DEVICES =
      Set.of("device", "journal_dev", "journal_path", "logdev", "rtdev");

  private MountOptions() {}

  /** What is wrong with an option, or several with commas between; empty when nothing is. */
  public static Optional<String> problem(String option) {
    if (option.chars().anyMatch(c -> c <= ' ' || c == 127)) {
      return Optional.of("must not contain blanks");
    }
    return Arrays.stream(option.split(",", -1))
        .flatMap(part -> problemOfOne(part).stream())
        .findFirst();
  }

  private static Optional<String> problemOfOne(String option) {
    if (option.isEmpty()) {
      return Optional.of("must not be empty");
    }
    if (option.startsWith("-")) {
      return Optional.of("must be an option such as noatime, without -o");
    }
    var name = option.split("=", 2)[0].toLowerCase(Locale.ROOT);
    if (OTHER_DEVICES.contains(name) || name.startsWith("verity.")) {
      return Optional.of(
          "must say how the file system behaves: %s names another device than the volume's"
              .formatted(name));
    }
    return OTHER_DEEDS.contains(name) || name.startsWith("x-mount.")
        ? Optional.of(
            "must say how the file system behaves: with %s something else would be mounted, or elsewhere"
                .formatted(name))
        : Optional.empty();
  }

  /** What is wrong with the first option that cannot be, naming it. */
  public static Optional<String> problem(List<String> options) {
    return options.stream()
        .flatMap(option -> problem(option).map(why -> "\"%s\" %s".formatted(option, why)).stream())
        .findFirst();
  }
}
