package dev.berth.api.http;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request line asks for.
 *
 * @param path as it was sent, without the query; for messages
 * @param segments of the path, decoded; a slash at the end is ignored
 * @param query decoded parameters with their values, in the order in which they were sent
 */
public record Target(String path, List<String> segments, Map<String, List<String>> query) {

  private static final int MOST_PARAMETERS = 4096;

  /**
   * @throws IllegalArgumentException with a sentence for the caller when it cannot be decoded
   */
  public static Target parse(String uri) {
    var origin = originForm(uri);
    var mark = origin.indexOf('?');
    var path = mark < 0 ? origin : origin.substring(0, mark);
    var segments = new ArrayList<String>();
    for (var segment : path.substring(1).split("/", -1)) {
      segments.add(decode(segment, false));
    }
    if (segments.getLast().isEmpty()) {
      segments.removeLast();
    }
    var query = mark < 0 ? Map.<String, List<String>>of() : parameters(origin.substring(mark + 1));
    return new Target(path, List.copyOf(segments), query);
  }

  private static String originForm(String uri) {
    var scheme = uri.indexOf("://");
    if (!uri.startsWith("/") && scheme > 0) {
      var slash = uri.indexOf('/', scheme + 3);
      return slash < 0 ? "/" : uri.substring(slash);
    }
    if (!uri.startsWith("/")) {
      throw new IllegalArgumentException("the request target must begin with \"/\"");
    }
    return uri;
  }

  private static Map<String, List<String>> parameters(String query) {
    var result = new LinkedHashMap<String, List<String>>();
    var count = 0;
    for (var parameter : query.split("&")) {
      if (parameter.isEmpty()) {
        continue;
      }
      if (++count > MOST_PARAMETERS) {
        throw new IllegalArgumentException(
            "the query has more than " + MOST_PARAMETERS + " parameters");
      }
      var equals = parameter.indexOf('=');
      var name = equals < 0 ? parameter : parameter.substring(0, equals);
      var value = equals < 0 ? "" : parameter.substring(equals + 1);
      result.computeIfAbsent(decode(name, true), _ -> new ArrayList<>()).add(decode(value, true));
    }
    return result;
  }

  private static String decode(String text, boolean plusIsSpace) {
    if (text.indexOf('%') < 0 && !(plusIsSpace && text.indexOf('+') >= 0)) {
      return requirePrintable(text);
    }
    var bytes = new ByteArrayOutputStream(text.length());
    for (var i = 0; i < text.length(); i++) {
      var c = text.charAt(i);
      if (c == '%') {
        bytes.write(octet(text, i));
        i += 2;
      } else if (c == '+' && plusIsSpace) {
        bytes.write(' ');
      } else {
        bytes.writeBytes(String.valueOf(c).getBytes(StandardCharsets.UTF_8));
      }
    }
    try {
      var decoded =
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray()));
      return requirePrintable(decoded.toString());
    } catch (CharacterCodingException _) {
      throw new IllegalArgumentException("the request target is not UTF-8: " + text);
    }
  }

  private static int octet(String text, int at) {
    var high = at + 2 < text.length() ? Character.digit(text.charAt(at + 1), 16) : -1;
    var low = at + 2 < text.length() ? Character.digit(text.charAt(at + 2), 16) : -1;
    if (high < 0 || low < 0) {
      throw new IllegalArgumentException(
          "the request target has an incomplete %-escape at \"" + text.substring(at) + "\"");
    }
    return high << 4 | low;
  }

  private static String requirePrintable(String text) {
    if (text.indexOf(0) >= 0) {
      throw new IllegalArgumentException("the request target contains a NUL character");
    }
    return text;
  }

  /** The first value of a parameter, null when it was not sent. */
  public @Nullable String parameter(String name) {
    var values = query.get(name);
    return values == null ? null : values.getFirst();
  }

  /** All values of a parameter, none when it was not sent. */
  public List<String> values(String name) {
    return query.getOrDefault(name, List.of());
  }

  /** Whether a parameter was sent, and not as a no. */
  public boolean flag(String name) {
    var value = parameter(name);
    return value != null && !value.equalsIgnoreCase("false") && !value.equals("0");
  }
}
