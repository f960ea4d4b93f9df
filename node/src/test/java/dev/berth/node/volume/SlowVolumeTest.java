package dev.berth.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.plugin.Attempt;
import dev.berth.node.plugin.NfsVolumes;
import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.plugin.VolumeSource;
import dev.berth.node.runtime.PodRef;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Whoever waits for an operation that does not end is told so before it is given up. */
class SlowVolumeTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant SLOW = NOW.plus(VolumeWorld.SLOW);
  private static final PodRef POD = new PodRef("uid", "default", "pod");
  private static final PodVolume VOLUME =
      new PodVolume(
          POD,
          "data",
          new VolumeId(NfsVolumes.NAME, "uid-data"),
          "data",
          new VolumeSource.EmptyDir(false, OptionalLong.empty()),
          false,
          Optional.empty());

  private final VolumeWorld world = new VolumeWorld(id -> false, volume -> Path.of("/data"));

  private String waits() {
    return ((VolumeReadiness.Waiting) world.readiness("uid")).message();
  }

  @Test
  void thePodIsToldWhatTakesLongUntilItEnds() {
    world.learn(new VolumeEvent.AllKnown(), NOW);
    world.learn(
        new VolumeEvent.Demanded(new PodDemand.Wants(POD, List.of(VOLUME), List.of())), NOW);
    var decision = world.decide(NOW);
    assertThat(decision.start()).hasSize(1);
    assertThat(decision.wake()).contains(SLOW);
    assertThat(waits()).isEmpty();

    assertThat(world.decide(SLOW.minusMillis(1)).wake()).contains(SLOW);
    assertThat(waits()).isEmpty();
    assertThat(world.decide(SLOW).wake()).isEmpty();
    assertThat(waits()).contains("no answer to its publish", NOW.toString());

    var operation = decision.start().getFirst();
    world.learn(new VolumeEvent.Ended(operation, Attempt.DONE, true), SLOW);
    world.decide(SLOW);
    assertThat(world.readiness("uid")).isInstanceOf(VolumeReadiness.Ready.class);
    world.learn(new VolumeEvent.Released("uid"), SLOW);
    world.decide(SLOW);
    assertThat(world.whyLeft("uid")).isEmpty();
    world.decide(SLOW.plus(VolumeWorld.SLOW));
    assertThat(world.whyLeft("uid").orElse("")).contains("no answer to its unpublish");
  }
}
