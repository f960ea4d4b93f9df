package dev.berth.node.sync;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.Pod;
import dev.berth.node.runtime.ContainerId;
import dev.berth.node.runtime.ContainerState;
import dev.berth.node.volume.VolumeReadiness;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How long a container waits after its last end: by how it ended before, and after how long. */
class RestartsTest {
  private static final Instant START = Instant.parse("2026-01-03T00:00:00Z");

  /** The host needs so long to come back, in which nobody saw that the container had ended. */
  private static final Duration BOOT = Duration.ofMinutes(3);

  @TempDir private Path directory;
  private final List<Run> runs = new ArrayList<>();
  private Instant now = START;
  private int boot;

  private Restarts server() {
    var restarts = new Restarts(directory, "boot-" + boot);
    restarts.read(now);
    restarts.observe(Map.of(), now);
    look(restarts);
    return restarts;
  }

  private void look(Restarts restarts) {
    restarts.observe(runs.isEmpty() ? Map.of() : Map.of("c", List.copyOf(runs)), now);
  }

  private static Run run(int attempt, ContainerState state) {
    return new Run(new ContainerId("uid", "c", attempt), state, "host", "host", "x", true);
  }

  private static ContainerState exited(Instant startedAt, Instant finishedAt, boolean lost) {
    var reason = lost ? Run.LOST : "Error";
    return new ContainerState.Exited(startedAt, finishedAt, lost ? 137 : 1, 0, reason, "");
  }

  /** Starts the container, lets it run, and end; returns the server that knows of its end. */
  private Restarts runThrough(Restarts restarts, int attempt, String end) {
    var words = end.split(":");
    var lasts = Duration.parse("PT" + words[1]);
    now = restarts.notBefore("c").isAfter(now) ? restarts.notBefore("c") : now;
    restarts.begins("c", attempt);
    var startedAt = now;
    if (words[0].equals("gone")) {
      // Not even the runtime's record of it has come to the disk.
      now = now.plus(BOOT);
      boot++;
      return server();
    }
    runs.add(run(attempt, new ContainerState.Running(1, startedAt)));
    look(restarts);
    now = startedAt.plus(lasts);
    look(restarts);
    if (words[0].equals("lost")) {
      now = now.plus(BOOT);
      boot++;
    }
    runs.removeLast();
    runs.add(run(attempt, exited(startedAt, now, words[0].equals("lost"))));
    if (words[0].equals("crash")) {
      look(restarts);
      return restarts;
    }
    return server();
  }

  /**
   * @param ends of the first run and those after it: {@code crash}, {@code lost} with the host
   *     after what time, or {@code gone} with all traces; {@code server} for its restart
   */
  @ParameterizedTest(name = "runs: {0}")
  @CsvSource({
    "crash:1S,                               PT0S",
    "crash:1S crash:1S,                      PT10S",
    "crash:1S crash:1S crash:1S,             PT20S",
    "crash:1S crash:1S crash:10M,            PT0S",
    "crash:1S crash:1S crash:9M,             PT20S",
    "lost:1H,                                PT0S",
    "lost:1H lost:1S,                        PT0S",
    "lost:1M lost:1M lost:1M lost:1M,        PT0S", // a host that is restarted often
    "crash:1S crash:1S crash:1S lost:1M,     PT0S",
    "lost:1M crash:1S,                       PT0S",
    "lost:1M crash:1S crash:1S,              PT10S",
    "crash:1S crash:1S crash:1S server,      PT20S",
    "lost:1M crash:1S server,                PT0S",
    "lost:1M crash:1S crash:1S server,       PT10S",
    "lost:1S,                                PT0S", // whatever kills it does so at once
    "lost:1S lost:1S,                        PT10S",
    "lost:1S lost:1S lost:1S,                PT20S",
    "lost:1S lost:1S lost:1S lost:1S lost:1S lost:1S lost:1S lost:1S, PT5M",
    "gone:0S gone:0S gone:0S,                PT20S",
    "crash:1S crash:1S gone:0S lost:1S,      PT40S",
    "lost:1S lost:1S lost:1M,                PT0S",
    "gone:0S gone:0S lost:1M,                PT0S",
  })
  void itWaits(String ends, Duration expected) {
    var restarts = server();
    for (var end : ends.split(" ")) {
      restarts = end.equals("server") ? server() : runThrough(restarts, runs.size(), end);
    }
    assertThat(restarts.delay("c")).isEqualTo(expected);
    look(restarts);
    assertThat(restarts.delay("c")).as("what was seen counts once").isEqualTo(expected);
    assertThat(server().delay("c")).as("the next server knows it").isEqualTo(expected);
  }

  @Test
  void thePodIsLookedAtAgainWhenItsContainerHasLasted() {
    var restarts = server();
    restarts.begins("c", 0);
    runs.add(run(0, new ContainerState.Running(1, now)));
    now = now.plusSeconds(3);
    look(restarts);
    assertThat(planned(restarts).wake()).contains(START.plus(Restarts.FIRST));
    now = START.plus(Restarts.FIRST);
    look(restarts);
    assertThat(planned(restarts).wake()).isEmpty();
    runs.set(0, run(0, exited(START, now, true)));
    assertThat(server().delay("c")).isZero();
  }

  private PodPlan planned(Restarts restarts) {
    var document =
        Json.parseObject(
            """
            {"metadata":{"name":"p","namespace":"default","uid":"uid"},
             "spec":{"containers":[{"name":"c","image":"host"}]}}"""
                .getBytes(UTF_8));
    return PodPlanner.plan(
        new PodSituation(
            new PodObject(Json.view(document, Pod.class), document, 1),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Map.of("c", List.copyOf(runs)),
            restarts,
            Map.of(),
            new VolumeReadiness.Ready(Map.of()),
            List.of(),
            Optional.empty(),
            Set.of(),
            false,
            now));
  }

  @Test
  void theWaitBeginsWhenTheServerIsBack() {
    var restarts = server();
    for (var i = 0; i < 3; i++) {
      restarts = runThrough(restarts, 0, "gone:0S");
      assertThat(restarts.notBefore("c")).isEqualTo(now.plus(restarts.delay("c")));
    }
    assertThat(restarts.delay("c")).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void aClockThatIsSetBackDoesNotProlongTheWait() {
    var restarts = server();
    runThrough(restarts, 0, "crash:1S");
    now = now.minus(Duration.ofHours(2));
    look(restarts);
    assertThat(restarts.notBefore("c")).isEqualTo(now);
    for (var i = 1; i < 3; i++) {
      runThrough(restarts, i, "crash:1S");
    }
    now = now.minus(Duration.ofHours(2));
    look(restarts);
    assertThat(restarts.notBefore("c")).isEqualTo(now.plusSeconds(20));
    now = now.plusSeconds(5);
    look(restarts);
    assertThat(restarts.notBefore("c")).as("counted on").isEqualTo(now.plusSeconds(15));

    var next = runThrough(restarts, 3, "gone:0S");
    now = now.minus(Duration.ofHours(2));
    look(next);
    assertThat(next.notBefore("c")).isEqualTo(now.plusSeconds(40));
  }

  @Test
  void aStartThatFailedOrThatTheServerDidNotFinishIsNoEnd() {
    var restarts = server();
    for (var i = 0; i < 5; i++) {
      restarts.begins("c", 0);
      restarts = server();
    }
    assertThat(restarts.delay("c")).isZero();
    for (var i = 0; i < 5; i++) {
      restarts.begins("c", 0);
      restarts.failed("c");
      boot++;
      restarts = server();
    }
    assertThat(restarts.delay("c")).isZero();
    for (var i = 0; i < 2; i++) {
      restarts = runThrough(restarts, 0, "gone:0S");
    }
    assertThat(restarts.delay("c")).isEqualTo(Restarts.FIRST);
  }

  @ParameterizedTest
  @CsvSource({"7, false, PT5M", "0, false, PT0S", "7, true, PT0S"})
  void ofAStartWithoutARecordOnlyItsNumberIsKnown(int attempt, boolean lost, Duration expected) {
    runs.add(run(attempt, exited(START, START.plusSeconds(1), lost)));
    assertThat(server().delay("c")).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{", "[]", "null", "{}", "{\"progress\":\"BEGUN\"}", "{\"progress\":\"NEW\"}"})
  void aRecordThatCannotBeReadKeepsNothingFromStarting(String content) throws Exception {
    Files.writeString(directory.resolve("c"), content);
    var restarts = server();
    assertThat(restarts.delay("c")).isZero();
    restarts.begins("c", 0);
    assertThat(server().delay("c")).isZero();
  }
}
