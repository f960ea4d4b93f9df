package dev.berth.bin.client;

import dev.berth.api.document.MalformedDocument;
import dev.berth.api.document.YamlDocuments;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** Objects written by people: files, directories or standard input, YAML (also several) or JSON. */
final class Manifests {
  private static final YAMLMapper YAML =
      YAMLMapper.builder()
          .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
          .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
          .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
          .build();

  private Manifests() {}

  /**
   * An object and where it was written.
   *
   * @param source for messages: the file
   */
  record Manifest(ObjectNode object, String source) {}

  /** All objects of the files, in their order; lists are taken apart. */
  static List<Manifest> read(List<String> files, InputStream stdin) {
    if (files.isEmpty()) {
      throw ClientException.usage("name what to read with -f FILE, -f DIRECTORY or -f -");
    }
    var result = new ArrayList<Manifest>();
    for (var file : files) {
      try {
        if (file.equals("-")) {
          add(stdin.readAllBytes(), "standard input", result);
        } else {
          addPath(Path.of(file), result);
        }
      } catch (IOException e) {
        throw ClientException.failed("cannot read " + file + ": " + e.getMessage());
      }
    }
    if (result.isEmpty()) {
      throw ClientException.failed("there is no object in " + String.join(", ", files));
    }
    return result;
  }

  static String yaml(JsonNode object) {
    return YAML.writeValueAsString(object);
  }

  private static void addPath(Path path, List<Manifest> result) throws IOException {
    if (!Files.exists(path)) {
      throw ClientException.failed("there is no file or directory " + path);
    }
    if (!Files.isDirectory(path)) {
      add(Files.readAllBytes(path), path.toString(), result);
      return;
    }
    try (var entries = Files.list(path)) {
      for (var entry : entries.sorted().toList()) {
        var name = entry.getFileName().toString();
        if (name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json")) {
          add(Files.readAllBytes(entry), entry.toString(), result);
        }
      }
    }
  }

  private static void add(byte[] text, String source, List<Manifest> result) {
    try {
      for (var document : YamlDocuments.read(text)) {
        addDocument(document.value(), source, result);
      }
    } catch (MalformedDocument e) {
      throw ClientException.failed(source + ": not YAML or JSON: " + e.getMessage());
    }
  }

  private static void addDocument(JsonNode document, String source, List<Manifest> result) {
    if (document.isNull() || document.isMissingNode() || document.asString("?").isEmpty()) {
      return;
    }
    if (!(document instanceof ObjectNode object)) {
      throw ClientException.failed(
          source + ": expected an object with apiVersion and kind, found " + document);
    }
    if (object.path("kind").asString("").equals("List")) {
      object.path("items").forEach(item -> addDocument(item, source, result));
    } else {
      result.add(new Manifest(object, source));
    }
  }
}
