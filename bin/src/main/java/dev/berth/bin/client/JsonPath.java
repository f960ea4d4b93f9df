package dev.berth.bin.client;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The part of JSONPath that people use on the command line: {@code {.status.phase}}, {@code
 * {.items[*].metadata.name}}, {@code {.metadata.annotations['berth\.dev/x']}}, {@code
 * {.status.conditions[?(@.type=="Ready")].status}}; text around the braces is printed as it is.
 */
final class JsonPath {
  private static final Pattern STEP =
      Pattern.compile(
          "\\.?\\[\\?\\(@\\.(?<field>[\\w.]+)==[\"']?(?<value>[^\"')]*)[\"']?\\)\\]"
              + "|\\.?\\['(?<quoted>[^']+)'\\]"
              + "|\\.?\\[(?<index>-?\\d+|\\*)\\]"
              + "|\\.(?<name>(?:\\\\.|[^.\\[\\]\\\\])+)");

  private final List<Function<List<JsonNode>, String>> parts = new ArrayList<>();

  private JsonPath() {}

  static JsonPath parse(String template) {
    var path = new JsonPath();
    var text = template.contains("{") ? template : "{" + dotted(template) + "}";
    for (var at = 0; at < text.length(); ) {
      var open = text.indexOf('{', at);
      var literal = text.substring(at, open < 0 ? text.length() : open);
      if (!literal.isEmpty()) {
        path.parts.add(roots -> literal);
      }
      if (open < 0) {
        break;
      }
      var close = text.indexOf('}', open);
      if (close < 0) {
        throw ClientException.usage("jsonpath: a brace is not closed in " + template);
      }
      path.parts.add(expression(text.substring(open + 1, close).strip(), template));
      at = close + 1;
    }
    return path;
  }

  /** What the template prints for {@code root}; several values are separated by spaces. */
  String print(JsonNode root) {
    var result = new StringBuilder();
    parts.forEach(part -> result.append(part.apply(List.of(root))));
    return result.toString();
  }

  private static String dotted(String expression) {
    return expression.startsWith(".") || expression.startsWith("[") ? expression : "." + expression;
  }

  private static Function<List<JsonNode>, String> expression(String expression, String template) {
    if (expression.startsWith("\"") && expression.endsWith("\"") && expression.length() > 1) {
      var literal =
          expression
              .substring(1, expression.length() - 1)
              .replace("\\n", "\n")
              .replace("\\t", "\t");
      return roots -> literal;
    }
    var steps = new ArrayList<Function<JsonNode, List<JsonNode>>>();
    var rest = expression.startsWith("$") ? expression.substring(1) : dotted(expression);
    var matcher = STEP.matcher(rest);
    var at = 0;
    while (at < rest.length() && !rest.equals(".")) {
      if (!matcher.find(at) || matcher.start() != at) {
        throw ClientException.usage(
            "jsonpath: cannot understand \"" + rest.substring(at) + "\" in " + template);
      }
      steps.add(step(matcher));
      at = matcher.end();
    }
    return roots -> {
      var nodes = roots;
      for (var step : steps) {
        nodes = nodes.stream().flatMap(node -> step.apply(node).stream()).toList();
      }
      return String.join(" ", nodes.stream().map(JsonPath::text).toList());
    };
  }

  private static Function<JsonNode, List<JsonNode>> step(java.util.regex.Matcher matcher) {
    var field = matcher.group("field");
    if (field != null) {
      var pointer = "/" + field.replace('.', '/');
      var value = matcher.group("value");
      return node -> all(node).stream().filter(e -> text(e.at(pointer)).equals(value)).toList();
    }
    var index = matcher.group("index");
    if ("*".equals(index)) {
      return JsonPath::all;
    }
    if (index != null) {
      var position = Integer.parseInt(index);
      return node -> present(node.path(position < 0 ? node.size() + position : position));
    }
    var quoted = matcher.group("quoted");
    var name = (quoted != null ? quoted : matcher.group("name")).replaceAll("\\\\(.)", "$1");
    return name.equals("*") ? JsonPath::all : node -> present(node.path(name));
  }

  private static List<JsonNode> all(JsonNode node) {
    return List.copyOf(node.values());
  }

  private static List<JsonNode> present(JsonNode node) {
    return node.isMissingNode() ? List.of() : List.of(node);
  }

  private static String text(JsonNode node) {
    return node.isString() ? node.stringValue() : node.isMissingNode() ? "" : node.toString();
  }
}
