package dev.berth.bin.config;

import dev.berth.core.model.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Reads settings: what flags set, over what a file sets, over the defaults. */
public final class ConfigFile {

  private ConfigFile() {}

  /**
   * @param file null for none
   * @param flags settings in the form of the file, which win
   * @throws ConfigException when the file cannot be read, or something is set that does not exist,
   *     or to a value that cannot be
   */
  public static ServerConfig read(@Nullable Path file, ObjectNode flags) {
    if (file == null) {
      return settings(flags, Json.object());
    }
    try {
      return settings(flags, tree(Files.readAllBytes(file)));
    } catch (NoSuchFileException e) {
      throw new ConfigException("--config: there is no file " + file);
    } catch (IOException e) {
      throw new ConfigException("--config: cannot read " + file + ": " + e.getMessage());
    } catch (ConfigException e) {
      throw new ConfigException(file + ": " + e.getMessage());
    }
  }

  private static ServerConfig settings(ObjectNode flags, ObjectNode settings) {
    lay(flags, settings);
    return SettingsGroup.of(settings).all(ServerConfig::of);
  }

  private static ObjectNode tree(byte[] yaml) {
    var mapper = YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
    JsonNode tree;
    try {
      tree = mapper.readTree(yaml);
    } catch (JacksonException e) {
      var at = e.getLocation();
      throw new ConfigException(
          (at == null ? "" : "line " + at.getLineNr() + ": ")
              + "not YAML: "
              + e.getOriginalMessage().lines().findFirst().orElse(""));
    }
    if (tree instanceof ObjectNode object) {
      return object;
    }
    if (tree.isMissingNode() || tree.isNull()) {
      return Json.object();
    }
    throw new ConfigException("expected settings, one \"name: value\" a line, found " + tree);
  }

  private static void lay(ObjectNode settings, ObjectNode over) {
    for (var setting : settings.properties()) {
      if (setting.getValue() instanceof ObjectNode group
          && over.path(setting.getKey()) instanceof ObjectNode defaults) {
        lay(group, defaults);
      } else if (!setting.getValue().isNull()) {
        over.set(setting.getKey(), setting.getValue());
      }
    }
  }
}
