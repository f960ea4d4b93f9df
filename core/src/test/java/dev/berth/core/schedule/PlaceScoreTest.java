package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Manifest;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How good a node is by the pods around it: n1 and n2 are in zone a, n3 is in zone b, n4 is
 * nowhere.
 */
class PlaceScoreTest {

  /** What each wish that can be told apart adds at most. */
  private static final double FULL = 200;

  private final FedImage cluster =
      new FedImage(
          node("n1").label("zone", "a"),
          node("n2").label("zone", "a"),
          node("n3").label("zone", "b"),
          node("n4"));

  private static Manifest app(String name, String app, String node) {
    return pod(name).label("app", app).nodeName(node);
  }

  private static String preferred(String kind, int weight, String app) {
    return """
    '%s': {'preferredDuringSchedulingIgnoredDuringExecution': [{'weight': %d, 'podAffinityTerm':
      {'labelSelector': {'matchLabels': {'app': '%s'}}, 'topologyKey': 'zone'}}]}"""
        .formatted(kind, weight, app);
  }

  private static Manifest wishing(Manifest pod, String... affinities) {
    return pod.spec("{'affinity': {" + String.join(",", affinities) + "}}");
  }

  private static Manifest evenly(Manifest pod) {
    return pod.label("app", "db")
        .spec(
            """
            {'topologySpreadConstraints': [{'maxSkew': 1, 'topologyKey': 'zone',
              'whenUnsatisfiable': 'ScheduleAnyway',
              'labelSelector': {'matchLabels': {'app': 'db'}}}]}""");
  }

  private PlaceScore score(Manifest pod) {
    return PlaceScore.of(cluster.image, new PodDemand(FedImage.observed(pod)));
  }

  private void assertScores(Manifest pod, double n1, double n2, double n3, double n4) {
    var score = score(pod);
    var expected = new double[] {n1, n2, n3, n4};
    for (var i = 0; i < expected.length; i++) {
      var object = Objects.requireNonNull(cluster.node("n" + (i + 1)).node()).view();
      assertThat(score.of(object)).as("n%d", i + 1).isCloseTo(expected[i], within(1e-6));
      assertThat(score.of(object)).isLessThanOrEqualTo(score.most());
    }
  }

  @Test
  void aPodWithoutWishesLikesAllNodesTheSame() {
    cluster.put(app("db", "db", "n1"));
    assertScores(pod("p"), 0, 0, 0, 0);
    assertThat(score(pod("p")).most()).isZero();
  }

  @Test
  void nearWhatItLikes() {
    cluster.put(app("db", "db", "n1"));
    var pod = wishing(pod("p"), preferred("podAffinity", 3, "db"));
    assertScores(pod, FULL, FULL, 0, 0);
    assertThat(score(pod).most()).isEqualTo(FULL);
  }

  @Test
  void awayFromWhatItDoesNotLike() {
    cluster.put(app("web", "web", "n3"));
    assertScores(wishing(pod("p"), preferred("podAntiAffinity", 3, "web")), FULL, FULL, 0, FULL);
  }

  @ParameterizedTest(name = "{0} liked by {1} in a, {2} not liked by {3} in b: {4}, {5}, else {6}")
  @CsvSource({
    // The place where all is well has everything, the worst one nothing, others their share.
    "1, 10, 1, 5,  200, 0, 66.666667",
    "1, 5,  1, 10, 200, 0, 133.333333",
    "3, 1,  1, 1,  200, 0, 50", // each of them counts
    "1, 1,  3, 1,  200, 0, 150",
  })
  void weightsAndNumbersCount(
      int liked, int weight, int disliked, int against, double inA, double inB, double nowhere) {
    for (var i = 0; i < liked; i++) {
      cluster.put(app("db" + i, "db", "n1"));
    }
    for (var i = 0; i < disliked; i++) {
      cluster.put(app("web" + i, "web", "n3"));
    }
    assertScores(
        wishing(
            pod("p"),
            preferred("podAffinity", weight, "db"),
            preferred("podAntiAffinity", against, "web")),
        inA,
        inA,
        inB,
        nowhere);
  }

  @Test
  void podsThatAreThereHaveWishesToo() {
    cluster.put(wishing(app("fan", "fan", "n3"), preferred("podAffinity", 7, "db")));
    assertScores(pod("p").label("app", "db"), 0, 0, FULL, 0);
    assertScores(pod("p").label("app", "web"), 0, 0, 0, 0);
  }

  @Test
  void whatIsForbiddenIsNoWish() {
    var apart =
        """
        'podAntiAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': [
          {'labelSelector': {'matchLabels': {'app': 'db'}}, 'topologyKey': 'zone'}]}""";
    cluster.put(wishing(app("loner", "loner", "n3"), apart));
    cluster.put(app("db", "db", "n1"));
    assertThat(score(pod("p").label("app", "db")).most()).isZero();
    assertThat(score(wishing(pod("p"), apart)).most()).isZero();
  }

  @ParameterizedTest(name = "{0} of its kind in zone a, {1} in zone b: {2} and {3}")
  @CsvSource({"1, 0, 0, 200", "0, 1, 200, 0", "4, 1, 0, 150", "2, 4, 100, 0", "3, 3, 0, 0"})
  void whereFewerOfItsKindAre(int inA, int inB, double a, double b) {
    for (var i = 0; i < inA; i++) {
      cluster.put(app("a" + i, "db", i % 2 == 0 ? "n1" : "n2"));
    }
    for (var i = 0; i < inB; i++) {
      cluster.put(app("b" + i, "db", "n3"));
    }
    assertScores(evenly(pod("p")), a, a, b, 0);
    assertThat(score(evenly(pod("p"))).most()).isEqualTo(FULL);
  }

  @Test
  void theFirstOfItsKindHasNothingToSpreadFrom() {
    cluster.put(app("web", "web", "n3"));
    assertScores(evenly(pod("p")), 0, 0, 0, 0);
    assertThat(score(evenly(pod("p"))).most()).isZero();
  }

  @Test
  void wishesAddUp() {
    cluster.put(app("db", "db", "n3"));
    cluster.put(app("cache", "cache", "n1"));
    var pod = wishing(evenly(pod("p")), preferred("podAffinity", 1, "cache"));
    assertScores(pod, 2 * FULL, 2 * FULL, 0, 0);
    assertThat(score(pod).most()).isEqualTo(2 * FULL);
  }
}
