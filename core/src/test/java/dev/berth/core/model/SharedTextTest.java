package dev.berth.core.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Texts that recur are kept once, and are what they were. */
class SharedTextTest {

  private static PersistentVolume volume(int number) {
    return Json.view(
        """
        {"metadata":{"name":"v-%d","labels":{"disk":"nvme"}},
         "spec":{"capacity":{"storage":"10Gi"},"accessModes":["ReadWriteOnce"],
          "storageClassName":"fast","local":{"path":"/dev/disk/by-id/%d"}}}
        """
            .formatted(number, number)
            .getBytes(UTF_8),
        PersistentVolume.class);
  }

  @Test
  void theWordsAndSizesOfTwoObjectsAreTheSameInstances() {
    var one = volume(1);
    var other = volume(2);
    assertThat(other.spec().storageClassName()).isSameAs(one.spec().storageClassName());
    assertThat(other.spec().accessModes().getFirst()).isSameAs(one.spec().accessModes().getFirst());
    assertThat(other.metadata().labels().get("disk")).isSameAs(one.metadata().labels().get("disk"));
    assertThat(other.storage()).isSameAs(one.storage());
  }

  @Test
  void manyNamesStayWhatTheyAre() {
    for (var number = 0; number < 20_000; number++) {
      var name = "name-" + number;
      assertThat(SharedText.of(name)).isEqualTo("name-" + number);
    }
    for (var number = 0; number < 5_000; number++) {
      assertThat(Quantity.fromJson(number + "Gi")).isEqualTo(Quantity.parse(number + "Gi"));
    }
  }

  @Test
  void textsThatHaveTheSamePlaceAreNotTakenForEachOther() {
    // The same hash code.
    assertThat(SharedText.of("Aa")).isEqualTo("Aa");
    assertThat(SharedText.of("BB")).isEqualTo("BB");
    assertThat(SharedText.of("Aa")).isEqualTo("Aa");
  }
}
