package dev.berth.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.plugin.Attempt;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.Problem;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What keeps an operation from being begun again at once. */
class OperationDelayTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final ActualVolumes actual = new ActualVolumes();

  private static VolumeOperation.Wipe wipe(String volume, long generation) {
    return new VolumeOperation.Wipe(
        new WipeRequest(LocalVolumes.id(volume), "uid-" + volume, generation));
  }

  private VolumeOperation failed(String volume) {
    var operation = wipe(volume, 1);
    var problem = Problem.mount("no");
    actual.begun(operation, new MountState.Uncertain(problem));
    actual.ended(operation, Attempt.failed(problem), true, NOW);
    assertThat(actual.notBefore(operation)).isAfter(NOW);
    return operation;
  }

  @Test
  void onlyTheNamedVolumeIsTriedAgainWithoutDelayAndWhyItFailedStaysKnown() {
    var named = failed("a");
    var other = failed("b");
    actual.urge(LocalVolumes.id("a"));
    assertThat(actual.notBefore(named)).isBefore(NOW);
    assertThat(actual.failure(named.key())).isPresent();
    assertThat(actual.notBefore(other)).isAfter(NOW);
  }

  /** Whoever asked is told by a change of the volume, which comes back as news of it later. */
  @Test
  void whatIsDoneIsNotDoneAgainBeforeWhoeverAskedCanHaveSeenIt() {
    var world = new VolumeWorld(_ -> true, _ -> Path.of("/"));
    var first = wipe("a", 1);
    world.learn(new VolumeEvent.AllKnown(), NOW);
    world.learn(new VolumeEvent.WipesRequested(List.of(first.request())), NOW);
    assertThat(world.decide(NOW).start()).containsExactly(first);
    world.learn(new VolumeEvent.Ended(first, Attempt.DONE, true), NOW);
    var decision = world.decide(NOW);
    assertThat(decision.start()).isEmpty();

    // Another thing that is asked of the same volume does not wait.
    var second = wipe("a", 2);
    world.learn(new VolumeEvent.WipesRequested(List.of(second.request())), NOW);
    assertThat(world.decide(NOW).start()).containsExactly(second);
    world.learn(new VolumeEvent.Ended(second, Attempt.DONE, true), NOW);

    // One that is still asked for when its answer must have been seen is asked for anew.
    assertThat(decision.wake()).isPresent();
    var later = decision.wake().get();
    assertThat(later).isBetween(NOW, NOW.plus(Duration.ofSeconds(5)));
    world.learn(new VolumeEvent.WipesRequested(List.of(first.request())), later);
    assertThat(world.decide(later).start()).containsExactly(first);
  }
}
