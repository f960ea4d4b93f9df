package dev.berth.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.plugin.Attempt;
import dev.berth.node.plugin.LocalVolumes;
import dev.berth.node.plugin.PodVolume;
import dev.berth.node.plugin.Problem;
import dev.berth.node.plugin.VolumeSource;
import dev.berth.node.runtime.PodRef;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A volume is begun with before its use was told, and shown to no pod before. */
class UntoldUseTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final PodRef POD = new PodRef("uid", "default", "pod");
  private static final PodVolume VOLUME =
      new PodVolume(
          POD,
          "data",
          LocalVolumes.id("pv"),
          "data",
          new VolumeSource.Local("pv", "uid-pv", Path.of("/dev/sdx"), "ext4", 1, List.of(), false),
          false,
          Optional.empty());
  private static final VolumeOperation STAGE = new VolumeOperation.Stage(VOLUME);

  private final VolumeWorld world = new VolumeWorld(id -> true, volume -> Path.of("/data"));

  private NodeReconciler.Decision begun() {
    world.learn(new VolumeEvent.AllKnown(), NOW);
    world.learn(
        new VolumeEvent.Demanded(new PodDemand.Wants(POD, List.of(VOLUME), List.of())), NOW);
    var decision = world.decide(NOW);
    assertThat(decision.start()).containsExactly(STAGE);
    assertThat(decision.inUse()).containsExactly(VOLUME.id());
    assertThat(world.told(VOLUME.id())).isFalse();
    return decision;
  }

  @Test
  void itIsShownOnlyWhenItsUseWasTold() {
    var report = begun().report();
    world.learn(new VolumeEvent.Ended(STAGE, Attempt.DONE, true), NOW);
    assertThat(world.decide(NOW).start()).isEmpty();

    world.learn(new VolumeEvent.InUseReported(report), NOW);
    assertThat(world.told(VOLUME.id())).isTrue();
    assertThat(world.decide(NOW).start()).containsExactly(new VolumeOperation.Publish(VOLUME));
  }

  @Test
  void whatGaveUpWaitingIsTriedAgainAsSoonAsItsUseIsTold() {
    var report = begun().report();
    var gaveUp = new Attempt.Uncertain(Problem.mount("not told"));
    world.learn(new VolumeEvent.Ended(STAGE, gaveUp, true), NOW);
    assertThat(world.decide(NOW).start()).as("after a while").isEmpty();

    world.learn(new VolumeEvent.InUseReported(report), NOW);
    assertThat(world.decide(NOW).start()).containsExactly(STAGE);
  }

  @Test
  void whatWasRefusedWaitsAlsoWhenItsUseIsToldMeanwhile() {
    var report = begun().report();
    world.learn(new VolumeEvent.Ended(STAGE, Attempt.failed(Problem.mount("no")), true), NOW);
    world.learn(new VolumeEvent.InUseReported(report), NOW);

    assertThat(world.decide(NOW).start()).isEmpty();
  }
}
