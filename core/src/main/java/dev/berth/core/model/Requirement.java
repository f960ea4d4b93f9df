package dev.berth.core.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One expression over labels (or over fields of a node).
 *
 * @param operator In, NotIn, Exists, DoesNotExist, Gt or Lt (the last two on nodes only)
 */
public record Requirement(String key, String operator, List<String> values) {

  public Requirement {
    key = Absent.text(key);
    operator = Absent.text(operator);
    values = Absent.list(values);
  }

  public boolean matches(Map<String, String> labels) {
    var value = labels.get(key);
    return switch (operator) {
      case "In" -> value != null && values.contains(value);
      case "NotIn" -> value == null || !values.contains(value);
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      case "Gt" -> compare(value) > 0;
      case "Lt" -> compare(value) < 0;
      default -> false;
    };
  }

  private int compare(@Nullable String value) {
    if (value == null || values.size() != 1) {
      return 0;
    }
    try {
      return Long.compare(Long.parseLong(value), Long.parseLong(values.getFirst()));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  @Override
  public String toString() {
    return switch (operator) {
      case "In" -> key + " in " + values;
      case "NotIn" -> key + " not in " + values;
      case "Exists" -> key;
      case "DoesNotExist" -> "!" + key;
      case "Gt" -> key + " > " + String.join(",", values);
      case "Lt" -> key + " < " + String.join(",", values);
      default -> key + " " + operator + " " + values;
    };
  }
}
