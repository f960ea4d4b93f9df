package dev.berth.core.model;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.deser.jdk.StringDeserializer;

/**
 * Keeps texts that recur once. Of a hundred thousand volumes all say {@code ReadWriteOnce}, and two
 * thirds of the texts in the view of an object are such words; each with an instance of its own
 * they were a fifth of the decider's memory.
 *
 * <p>A text is found again as long as no other one has taken its place, so that names, which do not
 * recur, cost nothing but a look. The table is shared by all threads without any order between
 * them: whoever misses what another has just put in keeps an instance of its own.
 */
public final class SharedText {

  /** A power of two. Many more than the words, so that names seldom take the place of one. */
  private static final int PLACES = 4096;

  private static final int LONGEST = 64;
  private static final String[] TABLE = new String[PLACES];

  private SharedText() {}

  /** An equal text, the one that was seen before if it is at hand. */
  public static String of(String text) {
    if (text.length() > LONGEST) {
      return text;
    }
    var hash = text.hashCode();
    var place = (hash ^ (hash >>> 16)) & (PLACES - 1);
    var seen = TABLE[place];
    if (text.equals(seen)) {
      return seen;
    }
    TABLE[place] = text;
    return text;
  }

  /** Reads the texts of views. */
  static final class Reader extends StringDeserializer {

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context)
        throws JacksonException {
      return of(super.deserialize(parser, context));
    }
  }
}
