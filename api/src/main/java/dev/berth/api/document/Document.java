package dev.berth.api.document;

import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * What a document holds.
 *
 * @param value exactly as it was written; of a field that occurs twice, the last
 * @param duplicates the paths of such fields, like {@code spec.volumeName}
 */
public record Document(JsonNode value, List<String> duplicates) {
  public Document {
    duplicates = List.copyOf(duplicates);
  }
}
