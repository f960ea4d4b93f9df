package dev.berth.node.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.runtime.ContainerId;
import dev.berth.node.runtime.ContainerState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long a container waits after its last end: by how it ended before, and after how long. */
class RestartsTest {
  private static final Instant START = Instant.parse("2026-01-03T00:00:00Z");

  private static Run run(int attempt, String end) {
    var words = end.split(":");
    var lost = words[0].equals("lost");
    var state =
        new ContainerState.Exited(
            START,
            START.plus(Duration.parse("PT" + words[1])),
            lost ? 137 : 1,
            0,
            lost ? Run.LOST : "Error",
            "");
    var id = new ContainerId("uid", "c", attempt);
    return new Run(id, state, "host", "host", "x", true);
  }

  /**
   * @param first the number of the first run that is known
   * @param ends of this run and those after it: {@code crash} or {@code lost}, and after what time
   */
  @ParameterizedTest(name = "runs from {0} on: {1}")
  @CsvSource({
    "0, crash:1S,                            PT0S",
    "0, crash:1S crash:1S,                   PT10S",
    "0, crash:1S crash:1S crash:1S,          PT20S",
    "0, crash:1S crash:1S crash:10M,         PT0S",
    "0, crash:1S crash:1S crash:9M,          PT20S",
    "7, crash:1S,                            PT5M", // of the runs before nothing is known
    "0, lost:1H,                             PT0S",
    "7, lost:1H,                             PT0S",
    "7, lost:10S,                            PT0S",
    "7, lost:1S,                             PT0S",
    "0, lost:1M lost:1M lost:1M lost:1M,     PT0S", // a host that is restarted often
    "0, crash:1S crash:1S crash:1S lost:1M,  PT0S",
    "0, lost:1M crash:1S,                    PT0S",
    "0, lost:1M crash:1S crash:1S,           PT10S",
    "6, lost:1M crash:1S,                    PT0S", // the server was restarted in between
    "0, lost:1S lost:1S lost:1S,             PT20S", // whatever kills it does so at once
  })
  void itWaits(int first, String ends, Duration expected) {
    var runs = new ArrayList<Run>();
    for (var end : ends.split(" ")) {
      runs.add(run(first + runs.size(), end));
    }
    var restarts = new Restarts();
    restarts.observe(Map.of("c", List.copyOf(runs)));
    assertThat(restarts.delay("c")).isEqualTo(expected);
    restarts.observe(Map.of("c", List.copyOf(runs)));
    assertThat(restarts.delay("c")).as("what was seen counts once").isEqualTo(expected);
  }
}
