package dev.berth.api.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IndenterTest {
  private static final String COMPACT =
      "{\"a\":[1,{\"b\":\"x,{}[]:\\\"\\\\\",\"c\":{}}],\"d\":[],\"e\":null}";
  private static final String LAID_OUT =
      """
      {
        "a": [
          1,
          {
            "b": "x,{}[]:\\"\\\\",
            "c": {}
          }
        ],
        "d": [],
        "e": null
      }
      """;

  @Test
  void compactJsonIsLaidOut() {
    assertThat(new String(new Indenter().indent(COMPACT.getBytes(UTF_8)), UTF_8))
        .isEqualTo(LAID_OUT);
  }

  @Test
  void howeverItIsCutIntoPieces() {
    var seed = System.nanoTime();
    var random = new Random(seed);
    var bytes = COMPACT.getBytes(UTF_8);
    for (var round = 0; round < 200; round++) {
      var indenter = new Indenter();
      var out = new ByteArrayOutputStream();
      for (var at = 0; at < bytes.length; ) {
        var length = Math.min(1 + random.nextInt(7), bytes.length - at);
        out.writeBytes(indenter.indent(Arrays.copyOfRange(bytes, at, at + length)));
        at += length;
      }
      assertThat(out.toString(UTF_8)).as("seed %d", seed).isEqualTo(LAID_OUT);
    }
  }
}
