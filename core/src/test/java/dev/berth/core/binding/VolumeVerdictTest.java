package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.storageClass;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.Controllers;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.Observed;
import dev.berth.core.control.TestCluster;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What is told of a volume is what is decided on it: one volume, one claim, made by chance. */
class VolumeVerdictTest {
  private static final int WORLDS = 3000;

  @Test
  void aVolumeWithoutRefusalsIsGivenAndNoOther() {
    var given = 0;
    for (var seed = 0; seed < WORLDS; seed++) {
      var random = new SplittableRandom(seed);
      var volume = someVolume(random);
      var claim = someClaim(random);
      var verdict = VolumeVerdict.of(seen(volume), seenClaim(claim));
      var cluster = new TestCluster(Controllers.all(true, false));
      cluster.put(storageClass("x", false), volume, claim).settle();
      var bound = cluster.claim("c").equals("Bound v");
      assertThat(bound)
          .as("seed %d: refusals %s", seed, verdict.refusals())
          .isEqualTo(verdict.refusals().isEmpty());
      given += bound ? 1 : 0;
    }
    assertThat(given).isBetween(WORLDS / 20, WORLDS / 2);
  }

  private static Observed<PersistentVolume> seen(Manifest manifest) {
    var document = manifest.document();
    return new Observed<>(manifest.key(), 1, document, Json.view(document, PersistentVolume.class));
  }

  private static Observed<PersistentVolumeClaim> seenClaim(Manifest manifest) {
    var document = manifest.document();
    return new Observed<>(
        manifest.key(), 1, document, Json.view(document, PersistentVolumeClaim.class));
  }

  private static <T> T any(SplittableRandom random, List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private static Manifest someVolume(SplittableRandom random) {
    var volume =
        volume("v", any(random, List.of("1Gi", "5Gi", "9Gi")))
            .classed(any(random, List.of("x", "x", "x", "y")))
            .phase("Available");
    if (random.nextInt(6) == 0) {
      volume.block();
    }
    if (random.nextInt(4) == 0) {
      volume.modes("ReadWriteOnce", "ReadOnlyMany");
    }
    if (random.nextInt(3) == 0) {
      volume.label("tier", any(random, List.of("gold", "tin")));
    }
    if (random.nextInt(8) == 0) {
      volume.annotation(Cordon.ANNOTATION, "true");
    }
    if (random.nextInt(8) == 0) {
      volume.set("fast", "spec", "volumeAttributesClassName");
    }
    if (random.nextInt(8) == 0) {
      volume.deleting();
    }
    switch (random.nextInt(6)) {
      case 0 -> volume.claimRef("c", "");
      case 1 -> volume.claimRef("another", "");
      default -> {}
    }
    return volume;
  }

  private static Manifest someClaim(SplittableRandom random) {
    var claim = claim("c", any(random, List.of("1Gi", "5Gi"))).classed("x");
    if (random.nextInt(8) == 0) {
      claim.block();
    }
    if (random.nextInt(4) == 0) {
      claim.modes("ReadOnlyMany");
    }
    if (random.nextInt(4) == 0) {
      claim.selector("tier", "gold");
    }
    if (random.nextInt(10) == 0) {
      claim.set("fast", "spec", "volumeAttributesClassName");
    }
    return claim;
  }

  @Test
  void aSelectorIsToldInTheSameWordsWhateverTheOrderOfItsLabels() {
    var labels = List.of("a", "b", "c", "d", "e", "f", "g");
    var texts = new TreeSet<String>();
    for (var order : List.of(labels, labels.reversed())) {
      var claim = claim("c", "1Gi").classed("x");
      order.forEach(label -> claim.selector(label, "1"));
      VolumeVerdict.of(seen(volume("v", "1Gi").classed("x").phase("Available")), seenClaim(claim))
          .refusals()
          .forEach(refusal -> texts.add(refusal.needed()));
    }
    assertThat(texts).containsExactly("labels a=1, b=1, c=1, d=1, e=1, f=1, g=1");
  }
}
