package dev.berth.node.plugin;

import dev.berth.core.model.FormatOption;
import dev.berth.core.model.MountOptions;
import dev.berth.core.model.PersistentVolume;
import dev.berth.node.disk.FileSystemKind;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** How a volume and its class want a disk to be formatted and mounted. */
sealed interface DiskFormat {

  /** Both can be done. */
  record Wanted(FileSystemKind kind, Map<FormatOption, Long> options) implements DiskFormat {}

  /** Something of it cannot; nothing was done. */
  record Refused(Problem problem) implements DiskFormat {}

  /**
   * What is wanted of the volume's disk.
   *
   * @param objects knows the volume's class; a class that there is not says nothing
   */
  static DiskFormat of(VolumeSource.Local volume, VolumeObjects.Seen seen, VolumeObjects objects) {
    var kind = FileSystemKind.ofType(volume.fsType());
    if (kind.isEmpty()) {
      return refused(
          volume,
          "fsType %s is not supported; expected one of %s"
              .formatted(volume.fsType(), FileSystemKind.known()));
    }
    var wrong = MountOptions.problem(volume.mountOptions());
    if (wrong.isPresent()) {
      return refused(volume, "its mountOptions cannot be applied: " + wrong.get());
    }
    if (seen.fsUuid().isPresent()) {
      return new Wanted(kind.get(), Map.of());
    }
    var parameters = parameters(seen.volume(), objects);
    var mistake = FormatOption.mistakes(parameters).stream().findFirst();
    return mistake
        .map(
            found ->
                refused(
                    volume,
                    "it is not formatted, because the parameter %s of its class %s is \"%s\": it %s"
                        .formatted(
                            found.parameter(),
                            seen.volume().className(),
                            found.value(),
                            found.why())))
        .orElseGet(
            () -> new Wanted(kind.get(), FormatOption.of(kind.get().typeName(), parameters)));
  }

  /** Those of the class; of a volume that was made for a claim also those that it was made with. */
  private static Map<String, String> parameters(PersistentVolume volume, VolumeObjects objects) {
    var parameters = new HashMap<String, String>();
    Optional.ofNullable(volume.spec().csi())
        .ifPresent(csi -> parameters.putAll(csi.volumeAttributes()));
    if (!volume.className().isEmpty()) {
      parameters.putAll(objects.classParameters(volume.className()));
    }
    return parameters;
  }

  private static DiskFormat refused(VolumeSource.Local volume, String why) {
    return new Refused(Problem.mount("volume %s: %s".formatted(volume.volume(), why)));
  }
}
