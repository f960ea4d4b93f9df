package dev.berth.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.plugin.VolumeId;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InUseReportsTest {
  private static final VolumeId A = new VolumeId("kubernetes.io/local-volume", "a");
  private static final VolumeId B = new VolumeId("kubernetes.io/local-volume", "b");

  private final InUseReports reports = new InUseReports();

  @Test
  void aVolumeIsToldOnceAReportThatNamesItHasLanded() {
    var first = reports.ask(Set.of(A));
    assertThat(reports.told(A)).isFalse();
    reports.landed(first);
    assertThat(reports.told(A)).isTrue();
    assertThat(reports.told(B)).isFalse();
  }

  @Test
  void whatDoesNotChangeNeedsNoReport() {
    assertThat(reports.ask(Set.of())).isZero();
    assertThat(reports.ask(Set.of(A))).isEqualTo(reports.ask(Set.of(A)));
  }

  @Test
  void aVolumeThatWasLeftOutMeanwhileIsNotToldByAnOlderReport() {
    var with = reports.ask(Set.of(A));
    reports.ask(Set.of());
    var again = reports.ask(Set.of(A));
    reports.landed(with);
    assertThat(reports.told(A)).isFalse();
    reports.landed(again);
    assertThat(reports.told(A)).isTrue();
  }

  @Test
  void othersThatComeAndGoDoNotHoldAVolumeUp() {
    var first = reports.ask(Set.of(A));
    reports.ask(Set.of(A, B));
    reports.landed(first);
    assertThat(reports.told(A)).isTrue();
    assertThat(reports.told(B)).isFalse();
  }
}
