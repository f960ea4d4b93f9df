package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Why a claim cannot have the volume that it names, in words; and which of those it names. */
class VolumeMismatchTest {

  private static @Nullable String mismatch(Manifest volume, Manifest claim, boolean checkClass) {
    var cluster = new FedImage(volume, claim);
    return VolumeMatcher.mismatch(
        Objects.requireNonNull(cluster.image.volume("v")).view(),
        Objects.requireNonNull(cluster.image.claim(Keys.claim("default", "c"))).view(),
        checkClass);
  }

  static List<Arguments> reasons() {
    return List.of(
        Arguments.of(
            volume("v", "1Gi"),
            claim("c", "2Gi"),
            "requested PV is too small: the claim needs 2Gi, the volume has 1Gi"),
        Arguments.of(
            volume("v", "1Gi").classed("x"),
            claim("c", "1Gi").classed("y"),
            "storageClassName does not match: the claim has \"y\", the volume \"x\""),
        Arguments.of(
            volume("v", "1Gi").block(),
            claim("c", "1Gi"),
            "incompatible volumeMode: the claim wants Filesystem, the volume is Block"),
        Arguments.of(
            volume("v", "1Gi"),
            claim("c", "1Gi").block(),
            "incompatible volumeMode: the claim wants Block, the volume is Filesystem"),
        Arguments.of(
            volume("v", "1Gi").spec("{'volumeAttributesClassName': 'fast'}"),
            claim("c", "1Gi").spec("{'volumeAttributesClassName': 'slow'}"),
            "volumeAttributesClassName does not match: the claim has \"slow\", the volume"
                + " \"fast\""),
        Arguments.of(
            volume("v", "1Gi"),
            claim("c", "1Gi").modes("ReadWriteMany"),
            "incompatible accessMode: the claim wants [ReadWriteMany], the volume has"
                + " [ReadWriteOnce]"),
        Arguments.of(
            volume("v", "1Gi").wipe("requested/9", "n1", "u"),
            claim("c", "1Gi"),
            "the data of its former claim has not been wiped yet"),
        Arguments.of(
            volume("v", "1Gi").annotation("berth.dev/provision", "requested/1"),
            claim("c", "1Gi"),
            "its storage is not there"));
  }

  @ParameterizedTest
  @MethodSource("reasons")
  void itIsToldWhy(Manifest volume, Manifest claim, String why) {
    assertThat(mismatch(volume, claim, true)).isEqualTo(why);
  }

  @Test
  void whatFitsIsNoMismatch() {
    assertThat(mismatch(volume("v", "2Gi"), claim("c", "1Gi"), true)).isNull();
    assertThat(mismatch(volume("v", "1Gi"), claim("c", "1Gi"), true)).isNull();
    assertThat(mismatch(volume("v", "1Gi").classed("x"), claim("c", "1Gi"), false))
        .as("whatever its class")
        .isNull();
  }

  private static @Nullable String reserved(Manifest... manifests) {
    var image = new FedImage(manifests).image;
    var claim = Objects.requireNonNull(image.claim(Keys.claim("default", "c")));
    var found = VolumeMatcher.reserved(image, claim);
    return found == null ? null : found.key().name();
  }

  private static Manifest mine(String name, String size) {
    return volume(name, size).claimRef("c", "uid-of-c");
  }

  @Test
  void ofTheVolumesThatNameItItGetsTheBest() {
    var claim = claim("c", "2Gi");
    assertThat(reserved(claim)).isNull();
    assertThat(reserved(claim, mine("b", "5Gi"), mine("a", "9Gi"))).isEqualTo("b");
    assertThat(reserved(claim, mine("a", "9Gi"), mine("b", "5Gi"))).isEqualTo("b");
    assertThat(reserved(claim, mine("b", "5Gi"), mine("a", "5Gi"))).isEqualTo("a");
    assertThat(reserved(claim, mine("a", "5Gi"), mine("b", "5Gi"))).isEqualTo("a");
    assertThat(
            reserved(
                claim, mine("a", "5Gi").modes("ReadWriteOnce", "ReadOnlyMany"), mine("b", "9Gi")))
        .as("the fewest modes first")
        .isEqualTo("b");
    assertThat(reserved(claim, mine("a", "1Gi"), mine("b", "9Gi"))).isEqualTo("b");
    assertThat(reserved(claim, mine("a", "5Gi").deleting(), mine("b", "9Gi"))).isEqualTo("b");
    assertThat(reserved(claim, volume("a", "5Gi").claimRef("c", "another"))).isNull();
    assertThat(reserved(claim, volume("a", "5Gi").claimRef("c", ""))).isEqualTo("a");
  }

  @Test
  void ofThoseThatAreTakenOutThreeAreNamed() {
    var cluster = new FedImage(claim("c", "1Gi"), volume("v0", "1Gi").phase("Available"));
    for (var i = 1; i <= 5; i++) {
      cluster.put(
          volume("v" + i, i + "Gi").phase("Available").annotation(Cordon.ANNOTATION, "true"));
    }
    var claim = Objects.requireNonNull(cluster.image.claim(Keys.claim("default", "c"))).view();
    assertThat(VolumeMatcher.cordoned(cluster.image, claim))
        .hasSize(3)
        .allSatisfy(text -> assertThat(text).matches("v[123] \\(.+\\)"));
  }
}
