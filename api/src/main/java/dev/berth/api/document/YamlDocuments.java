package dev.berth.api.document;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.DocumentEndEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingEndEvent;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceEndEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.events.StreamEndEvent;
import org.snakeyaml.engine.v2.events.StreamStartEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Reads YAML (and so JSON, too) as kubectl does. */
public final class YamlDocuments {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int MOST_CHARACTERS = 16 << 20;
  private static final LoadSettings SETTINGS =
      LoadSettings.builder().setCodePointLimit(MOST_CHARACTERS).build();

  private final ParserImpl events;
  private final Map<Anchor, JsonNode> anchors = new HashMap<>();
  private Growth growth = new Growth();

  private YamlDocuments(String text) {
    events = new ParserImpl(SETTINGS, new StreamReader(SETTINGS, text));
  }

  /**
   * Reads all documents of a text; empty ones are left out.
   *
   * @throws MalformedDocument when it is not YAML, or holds what JSON cannot
   */
  public static List<Document> read(byte[] text) {
    try {
      return new YamlDocuments(decode(text)).documents();
    } catch (MarkedYamlEngineException malformed) {
      var mark = malformed.getProblemMark();
      throw MalformedDocument.at(
          mark.map(at -> at.getLine() + 1).orElse(0),
          mark.map(at -> at.getColumn() + 1).orElse(0),
          String.valueOf(malformed.getProblem()));
    } catch (YamlEngineException malformed) {
      throw MalformedDocument.at(0, 0, String.valueOf(malformed.getMessage()));
    }
  }

  private static String decode(byte[] text) {
    try {
      var decoded = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
      return decoded.startsWith("\ufeff") ? decoded.substring(1) : decoded;
    } catch (CharacterCodingException _) {
      throw new MalformedDocument("it is not text in UTF-8");
    }
  }

  private List<Document> documents() {
    var documents = new ArrayList<Document>();
    while (events.hasNext()) {
      switch (events.next()) {
        case StreamStartEvent _, StreamEndEvent _, DocumentEndEvent _ -> {}
        case DocumentStartEvent _ -> {
          anchors.clear();
          growth = new Growth();
          var value = value(events.next(), "", 0);
          if (!value.isNull()) {
            documents.add(growth.document(value));
          }
        }
        case Event event -> throw unexpected(event);
      }
    }
    return documents;
  }

  private static IllegalStateException unexpected(Event event) {
    return new IllegalStateException("unexpected in YAML: " + event);
  }

  private JsonNode value(Event event, String path, int depth) {
    if (event instanceof AliasEvent alias) {
      return repeated(alias, depth);
    }
    growth.admit(depth);
    var value =
        switch (event) {
          case ScalarEvent scalar -> scalar(scalar);
          case SequenceStartEvent _ -> sequence(path, depth);
          case MappingStartEvent _ -> mapping(path, depth);
          default -> throw unexpected(event);
        };
    if (event instanceof NodeEvent node) {
      node.getAnchor().ifPresent(anchor -> anchors.put(anchor, value));
    }
    return value;
  }

  private JsonNode repeated(AliasEvent alias, int depth) {
    var value = anchors.get(alias.getAlias());
    if (value == null) {
      throw MalformedDocument.at(
          alias.getStartMark().map(at -> at.getLine() + 1).orElse(0),
          alias.getStartMark().map(at -> at.getColumn() + 1).orElse(0),
          "*%s is not defined before it is used".formatted(alias.getAlias().getValue()));
    }
    growth.admit(value, depth);
    return value.deepCopy();
  }

  private static JsonNode scalar(ScalarEvent scalar) {
    var text = scalar.getValue();
    var tag = scalar.getTag().orElse("");
    return switch (tag) {
      case "" -> scalar.isPlain() ? YamlScalar.resolve(text) : NODES.stringNode(text);
      case "!", "tag:yaml.org,2002:str" -> NODES.stringNode(text);
      case "tag:yaml.org,2002:int",
          "tag:yaml.org,2002:float",
          "tag:yaml.org,2002:bool",
          "tag:yaml.org,2002:null" ->
          YamlScalar.resolve(text);
      default -> throw new MalformedDocument("the tag " + tag + " means nothing here");
    };
  }

  private ArrayNode sequence(String path, int depth) {
    var array = NODES.arrayNode();
    for (var event = events.next(); !(event instanceof SequenceEndEvent); event = events.next()) {
      growth.add(array, path, value(event, path + "[" + array.size() + "]", depth + 1));
    }
    return array;
  }

  private ObjectNode mapping(String path, int depth) {
    var object = NODES.objectNode();
    var merged = new ArrayList<JsonNode>();
    for (var event = events.next(); !(event instanceof MappingEndEvent); event = events.next()) {
      var name = name(event, depth);
      var value = value(events.next(), Growth.below(path, name), depth + 1);
      if (name.equals("<<") && event instanceof ScalarEvent key && key.isPlain()) {
        merged.add(value);
      } else {
        growth.put(object, path, name, value);
      }
    }
    merged.forEach(value -> merge(object, value));
    return object;
  }

  /** The name of a field; what is no text becomes the text that means it. */
  private String name(Event event, int depth) {
    var key = value(event, "", depth);
    if (key.isContainer() || key.isNull()) {
      throw MalformedDocument.at(
          event.getStartMark().map(at -> at.getLine() + 1).orElse(0),
          event.getStartMark().map(at -> at.getColumn() + 1).orElse(0),
          "only a text can name a field");
    }
    return key.asString();
  }

  /** What {@code <<: *anchor} means: the fields that are not there already. */
  private static void merge(ObjectNode object, JsonNode merged) {
    switch (merged) {
      case ObjectNode fields ->
          fields
              .properties()
              .forEach(field -> object.putIfAbsent(field.getKey(), field.getValue()));
      case ArrayNode several -> several.forEach(one -> merge(object, one));
      default -> throw new MalformedDocument("only a mapping can be merged by \"<<\"");
    }
  }
}
