package dev.berth.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantityTest {

  @ParameterizedTest
  @CsvSource({
    "1024Mi, 1Gi",
    "0.5Gi, 512Mi",
    "1.5Gi, 1536Mi",
    "1000, 1k",
    "1500, 1500",
    "0.5, 500m",
    "1500m, 1500m",
    "2000m, 2",
    "1e3, 1e3",
    "100e3, 100e3",
    "1000Ki, 1000Ki",
    "1023, 1023",
    "0.1Ki, 102400m",
    "0, 0",
    "0Gi, 0",
    "-5Gi, -5Gi",
    "+1k, 1k",
    "0.0000000001, 1n",
    "12E, 9223372036854775807",
    "1Ei, 1Ei",
    "5., 5",
    ".5, 500m",
  })
  void canonicalForm(String text, String canonical) {
    assertThat(Quantity.parse(text)).hasToString(canonical);
    assertThat(Quantity.parse(canonical)).isEqualTo(Quantity.parse(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Gi", "1 Gi", "1gi", "1Kii", "1e", "--1", "1,5", "1e1e1", "0x10"})
  void rejected(String text) {
    assertThatThrownBy(() -> Quantity.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'");
  }

  @ParameterizedTest
  @CsvSource({"1Gi, 1073741824", "1500m, 2", "1k, 1000", "1n, 1"})
  void ceiling(String text, long whole) {
    assertThat(Quantity.parse(text).ceiling()).isEqualTo(whole);
  }
}
