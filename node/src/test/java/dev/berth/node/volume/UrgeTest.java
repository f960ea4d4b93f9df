package dev.berth.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.plugin.Attempt;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.Problem;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class UrgeTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final ActualVolumes actual = new ActualVolumes();

  private VolumeOperation failed(String volume) {
    var operation =
        new VolumeOperation.Wipe(new WipeRequest(LocalVolumes.id(volume), "uid-" + volume, 1));
    var problem = Problem.mount("no");
    actual.begun(operation, new MountState.Uncertain(problem));
    actual.ended(operation, Attempt.failed(problem), true, NOW);
    assertThat(actual.backoff(operation.key()).notBefore()).isAfter(NOW);
    return operation;
  }

  @Test
  void onlyTheNamedVolumeIsTriedAgainWithoutDelayAndWhyItFailedStaysKnown() {
    var named = failed("a");
    var other = failed("b");
    actual.urge(LocalVolumes.id("a"));
    assertThat(actual.backoff(named.key())).isEqualTo(Backoff.NONE);
    assertThat(actual.failure(named.key())).isPresent();
    assertThat(actual.backoff(other.key()).notBefore()).isAfter(NOW);
  }
}
