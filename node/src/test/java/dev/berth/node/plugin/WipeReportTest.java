package dev.berth.node.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.WipeMethod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WipeReportTest {
  private static final VolumeObjects.Seen SEEN = seen();

  private final List<String> told = new ArrayList<>();
  private final List<String> gauged = new ArrayList<>();
  private Optional<VolumeObjects.Seen> asked = Optional.of(SEEN);
  private Instant now = Instant.EPOCH;
  private final WipeReport report =
      new WipeReport("v", () -> asked, new Objects(), new Gauge(), () -> now);

  private static VolumeObjects.Seen seen() {
    var document = Json.object();
    document
        .putObject("metadata")
        .put("name", "v")
        .putObject("annotations")
        .put(WipeMethod.ANNOTATION, "overwrite");
    return new VolumeObjects.Seen(Json.view(Json.write(document), PersistentVolume.class), "1");
  }

  @Test
  void theMetricIsSetAtOnceAndTheVolumeWrittenRarely() {
    for (var i = 0; i <= 120; i++) {
      assertThat(report.wiped(i, 240)).isTrue();
      now = now.plus(Duration.ofMillis(100));
    }
    assertThat(gauged).hasSize(121).endsWith("v 120/240");
    assertThat(told)
        .containsExactly("20% (overwrite: 50 of 240 bytes)", "41% (overwrite: 100 of 240 bytes)");
  }

  @Test
  void itEndsWhenTheWipeIsNotAskedForAnyMore() {
    asked = Optional.empty();
    assertThat(report.wiped(1, 240)).isTrue();
    now = now.plus(WipeReport.PERIOD);
    assertThat(report.wiped(2, 240)).isFalse();
    assertThat(told).isEmpty();
  }

  private final class Gauge implements WipeGauge {
    @Override
    public void wiping(String volume, long wipedBytes, long totalBytes) {
      gauged.add("%s %d/%d".formatted(volume, wipedBytes, totalBytes));
    }

    @Override
    public void ended(String volume) {}
  }

  /** Takes progress alone. */
  private final class Objects implements VolumeObjects {
    @Override
    public void reportWipeProgress(Seen seen, String progress) {
      told.add(progress);
    }

    @Override
    public Optional<Seen> find(String name) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean recordFsUuid(Seen seen, String fsUuid) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean growthPending(Seen seen) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean reportProvision(Seen seen, String answer) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Map<String, String> classParameters(String className) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<PersistentVolume> all() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Set<String> uids() {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<String> ownersOf(String fsUuid) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean reportWiped(Seen seen, long generation, boolean used) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void tell(Seen seen, String reason, String message) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void reportWipeState(Seen seen, String message) {
      throw new UnsupportedOperationException();
    }
  }
}
