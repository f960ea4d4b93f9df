package dev.berth.core.schedule;

import static dev.berth.core.control.Manifest.pod;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.control.FedImage;
import dev.berth.core.control.Manifest;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a pod says of the nodes that it wants. */
class PodDemandTest {

  private static PodDemand demand(Manifest pod) {
    return new PodDemand(FedImage.observed(pod));
  }

  private static Manifest requiring(String terms) {
    return pod("p")
        .spec(
            """
            {'affinity': {'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution':
              {'nodeSelectorTerms': [%s]}}}}"""
                .formatted(terms));
  }

  private static String field(String operator, String values) {
    return "{'matchFields': [{'key': 'metadata.name', 'operator': '%s', 'values': [%s]}]}"
        .formatted(operator, values);
  }

  private static final String LABEL =
      "{'matchExpressions': [{'key': 'zone', 'operator': 'Exists'}]}";

  @Test
  void itIsChoosyWhenItNamesLabelsOrNodes() {
    assertThat(demand(pod("p")).isChoosy()).isFalse();
    assertThat(demand(pod("p").spec("{'nodeSelector': {'zone': 'a'}}")).isChoosy()).isTrue();
    assertThat(demand(requiring(LABEL)).isChoosy()).isTrue();
    assertThat(demand(requiring(LABEL).spec("{'nodeSelector': {'zone': 'a'}}")).isChoosy())
        .isTrue();
  }

  @Test
  void itWantsOnlyTheNodesThatItNamesWhenEveryAlternativeNamesSome() {
    assertThat(demand(pod("p")).onlyNames()).isNull();
    assertThat(demand(requiring(field("In", "'n1', 'n2'"))).onlyNames())
        .isEqualTo(Set.of("n1", "n2"));
    assertThat(demand(requiring(field("In", "'n1'") + "," + field("In", "'n3'"))).onlyNames())
        .isEqualTo(Set.of("n1", "n3"));
    assertThat(demand(requiring(field("In", "'n1'") + "," + LABEL)).onlyNames()).isNull();
    assertThat(demand(requiring(field("NotIn", "'n1'"))).onlyNames()).isNull();
    assertThat(demand(requiring(LABEL)).onlyNames()).isNull();
  }

  @Test
  void itWantsOnlyTheHostThatItNames() {
    assertThat(demand(pod("p")).onlyHost()).isNull();
    assertThat(
            demand(pod("p").spec("{'nodeSelector': {'kubernetes.io/hostname': 'h'}}")).onlyHost())
        .isEqualTo("h");
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({"zone=a, true", "zone=b, false", "other=a, false"})
  void everyLabelThatItNamesMustBeThere(String label, boolean expected) {
    var words = label.split("=");
    var pod = demand(pod("p").spec("{'nodeSelector': {'zone': 'a'}}"));
    assertThat(pod.selects("n", Map.of(words[0], words[1]))).isEqualTo(expected);
  }
}
