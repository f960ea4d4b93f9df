package dev.berth.bin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationsTest {

  @ParameterizedTest
  @CsvSource({"30s,PT30S", "5m,PT5M", "1h30m,PT1H30M", "250ms,PT0.25S", "7,PT7S", "0,PT0S"})
  void readsWhatPeopleWrite(String text, Duration expected) {
    assertThat(Durations.parse(text)).isEqualTo(expected);
  }

  @Test
  void refusesAnythingElse() {
    assertThatThrownBy(() -> Durations.parse("soon"))
        .isInstanceOf(ClientException.class)
        .hasMessageContaining("\"soon\"");
    assertThatThrownBy(() -> Durations.parse("")).isInstanceOf(ClientException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "5, 5s",
    "119, 119s",
    "125, 2m5s",
    "720, 12m",
    "7500, 2h5m",
    "100000, 27h",
    "180000, 2d2h",
    "864000, 10d"
  })
  void tellsAgesInTheirLargestUnits(long seconds, String expected) {
    var now = Instant.parse("2026-01-10T00:00:00Z");
    assertThat(Durations.since(now.minusSeconds(seconds).toString(), now)).isEqualTo(expected);
  }
}
