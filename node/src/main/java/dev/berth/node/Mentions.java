package dev.berth.node;

import java.util.Arrays;

/** Whether a word is anywhere in a document: a look that costs less than reading it. */
final class Mentions {
  private Mentions() {}

  static boolean found(byte[] document, byte[] word) {
    for (var at = 0; at <= document.length - word.length; at++) {
      if (document[at] == word[0]
          && Arrays.equals(document, at, at + word.length, word, 0, word.length)) {
        return true;
      }
    }
    return false;
  }
}
