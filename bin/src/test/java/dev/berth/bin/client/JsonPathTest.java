package dev.berth.bin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.core.model.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonPathTest {
  private static final String OBJECT =
      """
      {"metadata": {"name": "a", "annotations": {"berth.dev/x": "1"}},
       "items": [{"n": 1, "ok": true}, {"n": 2, "ok": false}],
       "status": {"phase": "Bound",
         "conditions": [{"type": "Ready", "status": "True"}, {"type": "Free", "status": "False"}]}}
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "{.status.phase}                                    | Bound",
        ".status.phase                                      | Bound",
        "status.phase                                       | Bound",
        "{$.status.phase}                                   | Bound",
        "{.metadata.annotations['berth.dev/x']}             | 1",
        "{.metadata.annotations.berth\\.dev/x}              | 1",
        "{.items[*].n}                                      | 1 2",
        "{.items[1].n}                                      | 2",
        "{.items[-1].n}                                     | 2",
        "{.status.conditions[?(@.type==\"Ready\")].status}  | True",
        "{.status.conditions[?(@.type=='Free')].status}     | False",
        "name={.metadata.name}, phase={.status.phase}       | name=a, phase=Bound",
        "{.metadata}                                        | {\"name\":\"a\",\"annotations\":{\"berth.dev/x\":\"1\"}}",
      })
  void printsWhatItPointsAt(String template, String expected) {
    var object = Json.parse(OBJECT.getBytes(StandardCharsets.UTF_8));
    assertThat(JsonPath.parse(template).print(object)).isEqualTo(expected);
  }

  @Test
  void printsNothingForWhatIsNotThere() {
    assertThat(JsonPath.parse("{.a.b[3].c}").print(Json.object())).isEmpty();
  }

  @Test
  void refusesWhatItCannotRead() {
    assertThatThrownBy(() -> JsonPath.parse("{.a[?bad]}")).isInstanceOf(ClientException.class);
    assertThatThrownBy(() -> JsonPath.parse("{.a")).isInstanceOf(ClientException.class);
  }
}
