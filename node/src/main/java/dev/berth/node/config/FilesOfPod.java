package dev.berth.node.config;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.core.model.FileSources;
import dev.berth.core.model.FileSources.DownwardFile;
import dev.berth.core.model.FileSources.KeyToPath;
import dev.berth.core.model.Pod;
import dev.berth.node.plugin.FileSet;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Finds out which files are in a volume of a pod that objects of the API tell. */
public final class FilesOfPod {
  private static final int DEFAULT_MODE = 0644;

  private final String namespace;
  private final ConfigObjects objects;
  private final Supplier<ObjectNode> pod;
  private final Surroundings node;

  /**
   * @param pod as it is now; asked only when facts about it are wanted
   */
  public FilesOfPod(
      String namespace, ConfigObjects objects, Supplier<ObjectNode> pod, Surroundings node) {
    this.namespace = namespace;
    this.objects = objects;
    this.pod = pod;
    this.node = node;
  }

  /** Whether the volume is one of those. */
  public static boolean served(Pod.Volume volume) {
    return volume.configMap() != null
        || volume.secret() != null
        || volume.downwardAPI() != null
        || volume.projected() != null;
  }

  /** Whether its files must not reach a disk. */
  public static boolean secret(Pod.Volume volume) {
    return volume.secret() != null
        || (volume.projected() != null
            && volume.projected().sources().stream().anyMatch(source -> source.secret() != null));
  }

  /**
   * The volume's files as they should be now.
   *
   * @throws MissingConfig when something that must be there is not
   */
  public FileSet of(Pod.Volume volume) throws MissingConfig {
    var files = new FileSet.Builder();
    var configMap = volume.configMap();
    var secret = volume.secret();
    var downward = volume.downwardAPI();
    var projected = volume.projected();
    if (configMap != null) {
      var from =
          ConfigValues.ofConfigMap(objects, namespace, configMap.name(), configMap.optional());
      add(files, from, configMap.items(), configMap.optional(), mode(configMap.defaultMode()));
    } else if (secret != null) {
      var from = ConfigValues.ofSecret(objects, namespace, secret.secretName(), secret.optional());
      add(files, from, secret.items(), secret.optional(), mode(secret.defaultMode()));
    } else if (downward != null) {
      add(files, downward.items(), mode(downward.defaultMode()));
    } else if (projected != null) {
      for (var source : projected.sources()) {
        add(files, source, mode(projected.defaultMode()));
      }
    }
    return files.build();
  }

  private void add(FileSet.Builder files, FileSources.Projection source, int mode)
      throws MissingConfig {
    var configMap = source.configMap();
    var secret = source.secret();
    var downward = source.downwardAPI();
    if (configMap != null) {
      var from =
          ConfigValues.ofConfigMap(objects, namespace, configMap.name(), configMap.optional());
      add(files, from, configMap.items(), configMap.optional(), mode);
    }
    if (secret != null) {
      var from = ConfigValues.ofSecret(objects, namespace, secret.name(), secret.optional());
      add(files, from, secret.items(), secret.optional(), mode);
    }
    if (downward != null) {
      add(files, downward.items(), mode);
    }
  }

  private static void add(
      FileSet.Builder files,
      ConfigValues from,
      List<KeyToPath> items,
      boolean optional,
      int defaultMode)
      throws MissingConfig {
    if (items.isEmpty()) {
      from.values().forEach((key, value) -> files.add(key, value, defaultMode));
      return;
    }
    for (var item : items) {
      var value = from.values().get(item.key());
      if (value != null) {
        files.add(item.path(), value, item.mode() == null ? defaultMode : item.mode());
      } else if (!optional) {
        throw from.lacks(item.key());
      }
    }
  }

  private void add(FileSet.Builder files, List<DownwardFile> items, int defaultMode)
      throws MissingConfig {
    for (var item : items) {
      var field = item.fieldRef();
      var resource = item.resourceFieldRef();
      var text =
          field != null
              ? PodFields.value(pod.get(), field.fieldPath(), node)
              : resource != null ? PodFields.resource(pod.get(), "", resource, node) : "";
      files.add(item.path(), text.getBytes(UTF_8), item.mode() == null ? defaultMode : item.mode());
    }
  }

  private static int mode(@Nullable Integer mode) {
    return mode == null ? DEFAULT_MODE : mode;
  }
}
