package dev.berth.bin.config;

import dev.berth.bin.Spelling;
import dev.berth.core.model.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;
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
      return flags.isEmpty() ? ServerConfig.DEFAULT : settings(flags, Json.object());
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
    var merged = (ObjectNode) Json.tree(ServerConfig.DEFAULT);
    lay(settings, merged);
    lay(flags, merged);
    var mapper =
        JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();
    try {
      return mapper.treeToValue(merged, ServerConfig.class);
    } catch (UnrecognizedPropertyException e) {
      throw unknown(e);
    } catch (InvalidFormatException e) {
      throw ConfigException.of(path(e), e.getValue(), expected(e));
    } catch (MismatchedInputException e) {
      throw wrongForm(merged, e);
    } catch (DatabindException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof ConfigException wrong) {
          throw wrong;
        }
      }
      throw new ConfigException("setting " + path(e) + ": " + e.getOriginalMessage());
    }
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

  /** The values of an enum as the file writes them, or the type in general. */
  private static String expected(InvalidFormatException e) {
    var type = e.getTargetType();
    if (type != null && type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(constant -> Json.tree(constant).asString(""))
          .collect(Collectors.joining(", "));
    }
    return type == null ? "another value" : type.getSimpleName().toLowerCase(Locale.ROOT);
  }

  /** Something is set to a list, a group or a text where another of them belongs. */
  private static ConfigException wrongForm(ObjectNode settings, MismatchedInputException e) {
    JsonNode found = settings;
    for (var step : e.getPath()) {
      found =
          step.getPropertyName() != null
              ? found.path(step.getPropertyName())
              : found.path(step.getIndex());
    }
    return ConfigException.of(path(e), found, form(e.getTargetType()));
  }

  private static String form(@Nullable Class<?> type) {
    if (type == null || type.isRecord()) {
      return "a group of settings";
    }
    if (Collection.class.isAssignableFrom(type)) {
      return "a list, for example [a, b]";
    }
    return Map.class.isAssignableFrom(type) ? "names with values, for example {a: b}" : "a text";
  }

  private static ConfigException unknown(UnrecognizedPropertyException e) {
    var known =
        e.getKnownPropertyIds() == null
            ? List.<String>of()
            : e.getKnownPropertyIds().stream().map(String::valueOf).sorted().toList();
    return new ConfigException(
        "there is no setting "
            + path(e)
            + Spelling.nearest(e.getPropertyName(), known)
                .map(candidate -> "; did you mean " + candidate + "?")
                .orElse("; there are " + String.join(", ", known)));
  }

  private static String path(DatabindException e) {
    return e.getPath().stream()
        .map(
            step ->
                step.getPropertyName() != null
                    ? "." + step.getPropertyName()
                    : "[" + step.getIndex() + "]")
        .collect(Collectors.joining())
        .replaceFirst("^\\.", "");
  }
}
