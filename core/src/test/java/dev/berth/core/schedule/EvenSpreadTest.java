package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.node;
import static dev.berth.core.control.Manifest.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Manifest;
import dev.berth.core.control.Observed;
import dev.berth.core.model.Pod;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where pods may go that are spread evenly: n1 and n2 are in zone a, n3 is in zone b. */
class EvenSpreadTest {
  private final FedImage cluster =
      new FedImage(
          node("n1").label("zone", "a").label("rack", "r1"),
          node("n2").label("zone", "a").label("rack", "r2"),
          node("n3").label("zone", "b").label("rack", "r3"));

  private static String constraint(String key, String rest) {
    return """
    {'maxSkew': 1, 'topologyKey': '%s', 'whenUnsatisfiable': 'DoNotSchedule',
     'labelSelector': {'matchLabels': {'app': 'db'}}%s}"""
        .formatted(key, rest);
  }

  private static Manifest spread(String... constraints) {
    return pod("p")
        .label("app", "db")
        .spec("{'topologySpreadConstraints': [" + String.join(",", constraints) + "]}");
  }

  private void dbOn(String... nodes) {
    for (var i = 0; i < nodes.length; i++) {
      cluster.put(db("db" + i, nodes[i]));
    }
  }

  private static Manifest db(String name, String node) {
    return pod(name).label("app", "db").nodeName(node);
  }

  private String places(Manifest manifest, Shift shift) {
    var demand = new PodDemand(FedImage.observed(manifest));
    var filters = SpreadFilter.of(cluster.image, demand);
    return Stream.of("n1", "n2", "n3")
        .filter(
            name -> {
              var state = cluster.node(name);
              var object = Objects.requireNonNull(state.node()).view();
              var refusals = new ArrayList<Refusal>();
              filters.forEach(filter -> filter.check(state, object, shift, refusals::add));
              return refusals.isEmpty();
            })
        .collect(Collectors.joining(" "));
  }

  private String places(Manifest manifest) {
    return places(manifest, Shift.NONE);
  }

  private static List<Observed<Pod>> pods(String labels) {
    var pods = new ArrayList<Observed<Pod>>();
    for (var label : labels.isEmpty() ? new String[0] : labels.split(" ")) {
      pods.add(FedImage.observed(pod(label + pods.size()).label("app", label)));
    }
    return pods;
  }

  @ParameterizedTest(name = "two in a, one in b; where {0} left and {1} came: {2}")
  @CsvSource({
    "'',    '',       n3",
    "db,    '',       n1 n2 n3", // one of a gone: as many in both
    "web,   '',       n3", // others do not count
    "'',    db,       n3", // with one more in b there are as many in both
    "'',    web,      n3",
    "db,    db,       n3",
    "db db, '',       n1 n2 n3",
  })
  void whoLeavesAndWhoComesIsCounted(String gone, String come, String expected) {
    dbOn("n1", "n2", "n3");
    assertThat(places(spread(constraint("zone", "")), new Shift(pods(gone), pods(come))))
        .isEqualTo(expected);
  }

  @ParameterizedTest(name = "on {0}: {1}")
  @CsvSource({
    "n1,       n3",
    "n1 n3,    n2",
    "n1 n2,    n3",
    "n1 n2 n3, n3",
    "n3,       n1 n2",
    "n1 n3 n3, n2",
  })
  void allConstraintsMustHold(String nodes, String expected) {
    dbOn(nodes.split(" "));
    assertThat(places(spread(constraint("zone", ""), constraint("rack", "")))).isEqualTo(expected);
  }

  @Test
  void nodesWithoutOneOfThePlacesDoNotCountForTheOther() {
    cluster.put(node("n3").label("zone", "b"));
    dbOn("n1", "n2");
    assertThat(places(spread(constraint("zone", "")))).isEqualTo("n3");
    assertThat(places(spread(constraint("zone", ""), constraint("rack", ""))))
        .as("zone b is none of the places then")
        .isEqualTo("n1 n2");
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({
    "'',                                  n1 n2", // only the zone that it selects counts
    "', ''nodeAffinityPolicy'': ''Honor''', n1 n2",
    "', ''nodeAffinityPolicy'': ''Ignore''', n3",
  })
  void nodesThatItDoesNotSelectCountWhenAsked(String policy, String expected) {
    dbOn("n1", "n2");
    var pod = spread(constraint("zone", policy)).set("a", "spec", "nodeSelector", "zone");
    assertThat(places(pod)).startsWith(expected);
  }

  @ParameterizedTest(name = "n3 is tainted {0}, tolerated {1}, {2}: {3}")
  @CsvSource({
    "NoSchedule,       false, Ignore, n3",
    "NoSchedule,       false, Honor,  n1 n2 n3",
    "NoSchedule,       true,  Honor,  n3",
    "PreferNoSchedule, false, Honor,  n3",
  })
  void nodesWhoseTaintsItDoesNotTolerateCountUnlessAsked(
      String effect, boolean tolerated, String policy, String expected) {
    cluster.put(node("n3").label("zone", "b").taint("team", "red", effect));
    dbOn("n1");
    var pod = spread(constraint("zone", ", 'nodeTaintsPolicy': '" + policy + "'"));
    assertThat(places(tolerated ? pod.tolerate("team") : pod)).isEqualTo(expected);
  }

  @ParameterizedTest(name = "it is of version {0}: {1}")
  @CsvSource({"1, n3", "2, n1 n2", "'', n1 n2 n3"})
  void onlyThoseOfItsOwnVersionCountWhenAsked(String version, String expected) {
    cluster.put(db("a", "n1").label("version", "1"));
    cluster.put(db("b", "n3").label("version", "2"));
    var pod = spread(constraint("zone", ", 'matchLabelKeys': ['version']"));
    assertThat(places(version.isEmpty() ? pod : pod.label("version", version))).isEqualTo(expected);
  }

  @Test
  void withoutASelectorNobodyCounts() {
    dbOn("n1", "n2");
    var rest = ", 'labelSelector': null, 'matchLabelKeys': ['app']";
    assertThat(places(spread(constraint("zone", rest)))).isEqualTo("n1 n2 n3");
  }

  @ParameterizedTest(name = "one in each zone, {0} zones wanted: {1}")
  @CsvSource({"1, n1 n2 n3", "2, n1 n2 n3", "3, ''"})
  void thereAreToBeSoManyPlaces(int wanted, String expected) {
    dbOn("n1", "n3");
    assertThat(places(spread(constraint("zone", ", 'minDomains': " + wanted)))).isEqualTo(expected);
  }
}
