package dev.berth.core.registry;

import dev.berth.core.storage.StoredObject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The form of stored documents: a JSON object whose first members are {@code apiVersion}, {@code
 * kind} and {@code metadata}, without white space and without a resourceVersion. The version is
 * spliced in on output, so that a document is never parsed to be served.
 */
public final class Documents {

  private static final byte[] METADATA = "\"metadata\":{".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] VERSION =
      "\"resourceVersion\":\"".getBytes(StandardCharsets.US_ASCII);

  private Documents() {}

  /**
   * The JSON of a stored object as clients see it, with {@code metadata.resourceVersion} (except of
   * one that was only tried and has none).
   */
  public static byte[] withRevision(StoredObject object) {
    var document = object.document();
    if (object.revision() == 0) {
      return document;
    }
    var at = afterMetadata(document);
    var digits = Long.toString(object.revision()).getBytes(StandardCharsets.US_ASCII);
    var empty = document[at] == '}';
    var spliced = VERSION.length + digits.length + (empty ? 1 : 2);
    var result = Arrays.copyOf(document, document.length + spliced);
    System.arraycopy(document, at, result, at + spliced, document.length - at);
    System.arraycopy(VERSION, 0, result, at, VERSION.length);
    System.arraycopy(digits, 0, result, at + VERSION.length, digits.length);
    result[at + VERSION.length + digits.length] = '"';
    if (!empty) {
      result[at + spliced - 1] = ',';
    }
    return result;
  }

  /** Only the metadata of a stored object, as clients see it: a JSON object. */
  public static byte[] metadata(StoredObject object) {
    var document = withRevision(object);
    var from = afterMetadata(document) - 1;
    return Arrays.copyOfRange(document, from, endOfObject(document, from));
  }

  private static int endOfObject(byte[] document, int from) {
    var depth = 0;
    var quoted = false;
    for (var i = from; i < document.length; i++) {
      switch (document[i]) {
        case '\\' -> i++;
        case '"' -> quoted = !quoted;
        case '{' -> depth += quoted ? 0 : 1;
        case '}' -> depth -= quoted ? 0 : 1;
        default -> {}
      }
      if (depth == 0) {
        return i + 1;
      }
    }
    throw new IllegalArgumentException("a document that ends within its metadata");
  }

  private static int afterMetadata(byte[] document) {
    for (var i = 0; i <= document.length - METADATA.length; i++) {
      if (document[i] == '"'
          && Arrays.equals(document, i, i + METADATA.length, METADATA, 0, METADATA.length)) {
        return i + METADATA.length;
      }
    }
    throw new IllegalArgumentException("a document without metadata is not an object");
  }
}
