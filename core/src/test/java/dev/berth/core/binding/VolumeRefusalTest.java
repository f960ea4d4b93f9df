package dev.berth.core.binding;

import static dev.berth.core.control.Manifest.claim;
import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.volume;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import dev.berth.core.model.PersistentVolumeClaim;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What people are told of a volume that a claim cannot have: what is needed, and what is there. */
class VolumeRefusalTest {

  private static String refusals(Manifest volume, Manifest claim, Manifest... others) {
    var cluster = new FedImage(others);
    cluster.put(volume);
    cluster.put(claim);
    var asked = Objects.requireNonNull(cluster.image.claim(Keys.claim("default", "c")));
    var there = Objects.requireNonNull(cluster.image.volume("v"));
    return VolumeVerdict.of(cluster.image, there, asked, Spread.of(cluster.image, asked))
        .refusals()
        .stream()
        .map(each -> "%s: %s / %s".formatted(each.rule(), each.needed(), each.found()))
        .collect(Collectors.joining("; "));
  }

  private static Manifest free() {
    return volume("v", "5Gi").phase("Available");
  }

  static List<Arguments> verdicts() {
    return List.of(
        Arguments.of(free(), claim("c", "5Gi"), ""),
        Arguments.of(free(), claim("c", "6Gi"), "SIZE: 6Gi / 5Gi"),
        Arguments.of(
            free().deleting(),
            claim("c", "5Gi"),
            "DELETING: a volume that stays / it is being deleted"),
        Arguments.of(
            free().claimRef("another", ""),
            claim("c", "5Gi"),
            "TAKEN: a free volume / claim default/another"),
        Arguments.of(
            free().phase("Released").claimRef("another", "uid-1"),
            claim("c", "5Gi"),
            "TAKEN: a free volume / the data of claim default/another, which is gone (berth release"
                + " pv/v gives it away)"),
        Arguments.of(free().phase("Released"), claim("c", "5Gi"), "PHASE: Available / Released"),
        Arguments.of(free().phase(""), claim("c", "5Gi"), "PHASE: Available / Pending"),
        Arguments.of(free().claimRef("c", ""), claim("c", "5Gi"), ""),
        Arguments.of(free().phase("Released").claimRef("c", ""), claim("c", "5Gi"), ""),
        Arguments.of(
            free().wipe("requested/9", "n1", "u"),
            claim("c", "5Gi"),
            "DIRTY: an empty volume / its former claim's data is not wiped yet"),
        Arguments.of(
            free().annotation("berth.dev/provision", "requested/1"),
            claim("c", "5Gi"),
            "PHASE: a volume that is there / its node has not made it yet"),
        Arguments.of(
            free().classed("x"), claim("c", "5Gi").classed("y"), "STORAGE_CLASS: \"y\" / \"x\""),
        Arguments.of(free().classed("x").claimRef("c", ""), claim("c", "5Gi").classed("y"), ""),
        Arguments.of(
            free().set("slow", "spec", "volumeAttributesClassName"),
            claim("c", "5Gi").set("fast", "spec", "volumeAttributesClassName"),
            "ATTRIBUTES_CLASS: \"fast\" / \"slow\""),
        Arguments.of(free().block(), claim("c", "5Gi"), "VOLUME_MODE: Filesystem / Block"),
        Arguments.of(free(), claim("c", "5Gi").block(), "VOLUME_MODE: Block / Filesystem"),
        Arguments.of(
            free().modes("ReadWriteOnce", "ReadOnlyMany"),
            claim("c", "5Gi").modes("ReadWriteMany", "ReadWriteOnce"),
            "ACCESS_MODES: ReadWriteMany, ReadWriteOnce / ReadWriteOnce, ReadOnlyMany"),
        Arguments.of(
            free(),
            claim("c", "5Gi").selector("tier", "gold"),
            "SELECTOR: labels tier=gold / labels none"),
        Arguments.of(
            free().label("tier", "tin").label("disk", "ssd"),
            claim("c", "5Gi").selector("tier", "gold"),
            "SELECTOR: labels tier=gold / labels disk=ssd, tier=tin"),
        Arguments.of(free().label("tier", "gold"), claim("c", "5Gi").selector("tier", "gold"), ""),
        Arguments.of(free().claimRef("c", ""), claim("c", "5Gi").selector("tier", "gold"), ""));
  }

  @ParameterizedTest
  @MethodSource("verdicts")
  void whatIsNeededAndWhatIsThere(Manifest volume, Manifest claim, String expected) {
    assertThat(refusals(volume, claim)).isEqualTo(expected);
  }

  @Test
  void anExpressionOfTheSelectorIsNamedToo() {
    var claim =
        claim("c", "5Gi")
            .spec(
                "{'selector': {'matchExpressions': [{'key': 'tier', 'operator': 'In', 'values':"
                    + " ['gold']}]}}");
    assertThat(refusals(free(), claim)).startsWith("SELECTOR: labels ").contains("tier", "gold");
  }

  private static Manifest apart(String name) {
    return claim(name, "5Gi").annotation(PersistentVolumeClaim.VOLUME_SPREAD, "db");
  }

  @Test
  void aVolumeBesideThatOfAClaimToBeApartFromIsRefused() {
    var others =
        new Manifest[] {
          node("n1"), node("n2"), volume("taken", "5Gi").on("n1"), apart("d").volumeName("taken")
        };
    assertThat(refusals(free().on("n2"), apart("c"), others)).isEmpty();
    assertThat(refusals(free().on("n1"), claim("c", "5Gi"), others)).isEmpty();
    assertThat(refusals(free().on("n1"), apart("c"), others))
        .isEqualTo(
            "SPREAD: another kubernetes.io/hostname than the claims with"
                + " berth.dev/volume-spread=db / one of them has its volume there");
    assertThat(refusals(free().on("n1").claimRef("c", ""), apart("c"), others))
        .as("what is reserved for it was meant so")
        .isEmpty();
  }

  /** A volume that a pod can use on the nodes of a zone. */
  private static Manifest zoned(Manifest volume, String zone) {
    return volume.spec(
        """
        {'nodeAffinity': {'required': {'nodeSelectorTerms': [{'matchExpressions': [
          {'key': 'zone', 'operator': 'In', 'values': ['%s']}]}]}}}"""
            .formatted(zone));
  }

  @Test
  void aVolumeIsApartFromAnotherWhenItCanBeUsedElsewhere() {
    var others =
        new Manifest[] {
          node("n1").label("zone", "a"),
          node("n2").label("zone", "a"),
          node("n3").label("zone", "b"),
          volume("taken", "5Gi").on("n3"),
          apart("d").volumeName("taken")
        };
    assertThat(refusals(zoned(free(), "a"), apart("c"), others)).isEmpty();
    assertThat(refusals(zoned(free(), "b"), apart("c"), others)).startsWith("SPREAD");
    assertThat(refusals(free(), apart("c"), others)).as("it can be used anywhere").isEmpty();
  }
}
