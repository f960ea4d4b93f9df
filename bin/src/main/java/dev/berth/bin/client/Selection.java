package dev.berth.bin.client;

import dev.berth.core.model.ResourceType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the arguments of a command name.
 *
 * @param name null for all objects of the kind
 */
record Selection(ResourceType type, @Nullable String name) {

  /** {@code pv}, {@code pv,pvc}, {@code pod a b}, {@code pod/a pvc/b}. */
  static List<Selection> parse(List<String> words) {
    if (words.isEmpty()) {
      throw ClientException.usage("name a kind, for example: pods");
    }
    var result = new ArrayList<Selection>();
    if (words.getFirst().contains("/")) {
      for (var word : words) {
        var slash = word.indexOf('/');
        if (slash <= 0 || slash == word.length() - 1) {
          throw ClientException.usage("expected KIND/NAME, found \"" + word + "\"");
        }
        result.add(
            new Selection(KindNames.named(word.substring(0, slash)), word.substring(slash + 1)));
      }
      return result;
    }
    var names = words.subList(1, words.size());
    for (var kind : words.getFirst().split(",")) {
      var type = KindNames.named(kind);
      if (names.isEmpty()) {
        result.add(new Selection(type, null));
      }
      for (var name : names) {
        if (name.contains("/")) {
          throw ClientException.usage("expected a name after the kind, found \"" + name + "\"");
        }
        result.add(new Selection(type, name));
      }
    }
    return result;
  }

  /** A pod by its name, also as {@code pod/NAME}. */
  static String pod(String word) {
    if (!word.contains("/")) {
      return word;
    }
    var selection = parse(List.of(word)).getFirst();
    if (!selection.type().plural().equals("pods") || selection.name() == null) {
      throw ClientException.usage("expected a pod, found \"" + word + "\"");
    }
    return selection.name();
  }
}
