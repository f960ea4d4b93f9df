package dev.berth.api.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.berth.core.model.Json;
import dev.berth.core.registry.Rejection;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BodyReaderTest {

  private static String json(String body) {
    return new String(Json.write(BodyReader.json(body.getBytes(UTF_8)).value()), UTF_8);
  }

  private static String yaml(String body) {
    return new String(Json.write(BodyReader.yaml(body.getBytes(UTF_8)).value()), UTF_8);
  }

  private static String rejected(Supplier<?> reading) {
    var rejection = catchThrowableOfType(Rejection.class, reading::get);
    assertThat(rejection).isNotNull();
    assertThat(rejection.status().code()).isEqualTo(400);
    assertThat(rejection.status().reason()).isEqualTo("BadRequest");
    return rejection.status().message();
  }

  @Test
  void numbersStayExact() {
    assertThat(json("[1, 12345678901, 123456789012345678901234567890, 1.10, 1E+3]"))
        .isEqualTo("[1,12345678901,123456789012345678901234567890,1.10,1E+3]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"a\":|line 1, column 6",
        "{\"a\":1}}|line 1, column 8",
        "{'a':1}|line 1, column 2",
        "{\"a\":01}|line 1, column 7",
        "nonsense|line 1, column",
        "{\"a\":1} {\"b\":2}|several documents",
        "~   ~|empty",
      })
  void malformedJsonNamesThePlace(String body, String place) {
    assertThat(rejected(() -> json(body))).contains(place);
  }

  @Test
  void yamlIsTheSameAsJson() {
    assertThat(
            yaml(
                """
                # a comment
                apiVersion: v1
                metadata: {name: a, labels: {x: "1", w: "yes", "z": 0x10}}
                spec:
                - 1
                - 1.50
                - true
                - ~
                - |
                  two
                  lines
                """))
        .isEqualTo(
            "{\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\",\"labels\":{\"x\":\"1\",\"w\":\"yes\",\"z\":16}},"
                + "\"spec\":[1,1.50,true,null,\"two\\nlines\\n\"]}");
  }

  @Test
  void anchorsAreRepeatedAndMerged() {
    assertThat(yaml("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\n"))
        .isEqualTo("{\"a\":{\"b\":1},\"c\":{\"b\":1},\"d\":{\"e\":2,\"b\":1}}");
    assertThat(yaml("a: &s text\nb: *s\n")).isEqualTo("{\"a\":\"text\",\"b\":\"text\"}");
    assertThat(rejected(() -> yaml("a: *nowhere\n"))).contains("line 1, column 4: *nowhere is not");
  }

  @Test
  void aBombOfAliasesIsRefused() {
    var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (var i = 1; i < 10; i++) {
      bomb.append("a%d: &a%d [".formatted(i, i));
      bomb.append("*a%d, ".formatted(i - 1).repeat(10)).append("]\n");
    }
    assertThat(rejected(() -> yaml(bomb.toString()))).contains("more than 500000 values");
  }

  @Test
  void deepNestingIsRefusedHoweverItIsMade() {
    assertThat(rejected(() -> json("[".repeat(300) + "]".repeat(300)))).contains("levels deep");
    assertThat(rejected(() -> json("[".repeat(100_000)))).isNotEmpty();
    var chain = new StringBuilder("a0: &a0 " + "[".repeat(100) + "]".repeat(100) + "\n");
    for (var i = 1; i < 5; i++) {
      chain.append("a%d: &a%d ".formatted(i, i) + "[".repeat(90));
      chain.append("*a%d".formatted(i - 1) + "]".repeat(90) + "\n");
    }
    assertThat(rejected(() -> yaml(chain.toString()))).contains("levels deep");
  }

  @Test
  void severalDocumentsAreRefused() {
    assertThat(rejected(() -> yaml("a: 1\n---\nb: 2\n"))).contains("several documents");
    assertThat(yaml("---\na: 1\n")).isEqualTo("{\"a\":1}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a: [1, 2|line 1, column",
        "a: b: c|line 1, column",
        "a: %x|line 1, column 4",
        "a: .nan|number",
      })
  void malformedYamlNamesThePlace(String body, String place) {
    assertThat(rejected(() -> yaml(body))).contains(place);
  }

  @Test
  void whatIsNotTextIsRefused() {
    assertThat(rejected(() -> BodyReader.yaml(new byte[] {(byte) 0xff, (byte) 0xfe, 0x00})))
        .isNotEmpty();
    assertThat(rejected(() -> BodyReader.json(new byte[] {'"', (byte) 0xff, '"'}))).isNotEmpty();
  }

  @Test
  void fieldsThatOccurTwiceAreNamed() {
    var tree =
        BodyReader.json("{\"a\":{\"b\":1,\"b\":2},\"c\":[{\"d\":1,\"d\":1}]}".getBytes(UTF_8));
    assertThat(tree.duplicates()).containsExactly("a.b", "c[0].d");
    assertThat(Json.at(tree.value(), "a", "b").asInt()).isEqualTo(2);
    assertThat(BodyReader.yaml("a: 1\na: 2\n".getBytes(UTF_8)).duplicates()).containsExactly("a");
  }
}
