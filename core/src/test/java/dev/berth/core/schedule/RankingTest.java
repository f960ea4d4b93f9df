package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Manifest;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The nodes as pods of one shape find them, and that they are kept up to date. */
class RankingTest {

  /** How many shapes are remembered. */
  private static final int MOST_SHAPES = 64;

  private final FedImage cluster = new FedImage();
  private final Rankings rankings = new Rankings();

  private static PodDemand asking(int priority, String cpu) {
    return new PodDemand(
        FedImage.observed(
            pod("p").priority(priority).requests("cpu", cpu).requests("memory", "1Gi")));
  }

  private Ranking ranking() {
    return rankings.of(cluster.image.nodes(), asking(0, "2"));
  }

  private String inOrder() {
    return ranking().inOrder().stream()
        .map(rank -> rank.node().name())
        .collect(Collectors.joining(" "));
  }

  private static Manifest tainted(String name) {
    return node(name).taint("team", "red", "NoSchedule");
  }

  private static Manifest small(String name) {
    return node(name).set("1", "status", "allocatable", "cpu");
  }

  private static Refusal taint() {
    return new Refusal(Refusal.Rule.TAINT, "{team: red}");
  }

  @Test
  void theBestComeFirstThenThoseWithFewerPodsThenByName() {
    cluster.put(node("d"));
    cluster.put(node("c"));
    cluster.put(node("b"));
    cluster.put(node("a"));
    cluster.put(pod("x").requests("cpu", "2").requests("memory", "2Gi").nodeName("a"));
    cluster.put(pod("y").requests("cpu", "2").requests("memory", "2Gi").nodeName("c"));
    for (var i = 0; i < 2; i++) {
      cluster.put(pod("z" + i).requests("cpu", "1").requests("memory", "1Gi").nodeName("b"));
    }
    assertThat(inOrder()).isEqualTo("d a c b");
  }

  @Test
  void whatChangesOnANodeMovesIt() {
    cluster.put(node("n1"));
    cluster.put(node("n2"));
    assertThat(inOrder()).isEqualTo("n1 n2");
    cluster.put(pod("a").requests("cpu", "1").nodeName("n1"));
    assertThat(inOrder()).isEqualTo("n2 n1");
    cluster.remove(Keys.pod("default", "a"));
    assertThat(inOrder()).isEqualTo("n1 n2");
    cluster.put(tainted("n1"));
    assertThat(inOrder()).isEqualTo("n2");
    cluster.put(node("n1"));
    assertThat(inOrder()).isEqualTo("n1 n2");
  }

  @Test
  void theReasonsOfThoseThatCannotTakeItAreCounted() {
    cluster.put(tainted("n1"));
    cluster.put(tainted("n2"));
    cluster.put(small("n3"));
    cluster.put(node("n4"));
    assertThat(ranking().reasons()).isEqualTo(Map.of(taint(), 2, Refusal.CPU, 1));
    cluster.put(node("n1"));
    assertThat(ranking().reasons()).isEqualTo(Map.of(taint(), 1, Refusal.CPU, 1));
    cluster.put(small("n2"));
    assertThat(ranking().reasons()).isEqualTo(Map.of(Refusal.CPU, 2));
    assertThat(ranking().size()).isEqualTo(4);
  }

  @Test
  void onlyTheFirstRuleThatSaysNoIsHeard() {
    cluster.put(tainted("n1").set("1", "status", "allocatable", "cpu"));
    assertThat(Ranking.check(asking(0, "2"), cluster.node("n1"))).containsExactly(taint());
  }

  @Test
  void aNodeThatCanTakeItHasAPlaceAndNoOther() {
    cluster.put(node("n1"));
    cluster.put(tainted("n2"));
    var rank = Objects.requireNonNull(ranking().of(cluster.node("n1")));
    assertThat(rank.node()).isSameAs(cluster.node("n1"));
    assertThat(rank.pods()).isZero();
    assertThat(ranking().of(cluster.node("n2"))).isNull();
  }

  @Test
  void nodesThatHaveGoneAreForgotten() {
    cluster.put(node("n1"));
    cluster.put(node("n2"));
    cluster.put(tainted("n3"));
    cluster.put(tainted("n4"));
    var gone = cluster.node("n1");
    assertThat(ranking().size()).isEqualTo(4);
    cluster.remove(Keys.node("n1"));
    cluster.remove(Keys.node("n3"));
    assertThat(inOrder()).isEqualTo("n2");
    assertThat(ranking().of(gone)).isNull();
    assertThat(ranking().reasons()).isEqualTo(Map.of(taint(), 1));
    assertThat(ranking().size()).isEqualTo(2);
  }

  @Test
  void podsOfOneShapeShareARankingAndOthersDoNot() {
    cluster.put(node("n1"));
    var nodes = cluster.image.nodes();
    var first = rankings.of(nodes, asking(0, "2"));
    assertThat(rankings.of(nodes, asking(0, "2"))).isSameAs(first);
    assertThat(rankings.of(nodes, asking(0, "11"))).isNotSameAs(first);
    assertThat(rankings.of(nodes, asking(0, "11")).inOrder()).isEmpty();
    assertThat(first.inOrder()).hasSize(1);
  }

  @Test
  void anotherImageOfTheClusterIsLookedAtAfresh() {
    cluster.put(node("n1"));
    assertThat(inOrder()).isEqualTo("n1");
    var other = new FedImage(node("m1"));
    assertThat(rankings.of(other.image.nodes(), asking(0, "2")).inOrder())
        .extracting(rank -> rank.node().name())
        .containsExactly("m1");
  }

  @Test
  void theShapeThatWasNotSeenForTheLongestIsForgottenFirst() {
    cluster.put(node("n1"));
    var nodes = cluster.image.nodes();
    var first = rankings.of(nodes, asking(1, "2"));
    var second = rankings.of(nodes, asking(2, "2"));
    for (var priority = 3; priority <= MOST_SHAPES; priority++) {
      rankings.of(nodes, asking(priority, "2"));
    }
    assertThat(rankings.of(nodes, asking(1, "2"))).as("all have a place").isSameAs(first);
    rankings.of(nodes, asking(MOST_SHAPES + 1, "2"));
    assertThat(rankings.of(nodes, asking(1, "2"))).isSameAs(first);
    assertThat(rankings.of(nodes, asking(2, "2"))).isNotSameAs(second);
  }
}
