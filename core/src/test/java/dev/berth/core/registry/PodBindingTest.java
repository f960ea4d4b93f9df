package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.json;
import static dev.berth.core.registry.Fixture.rejected;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a pod gets its node: once. */
class PodBindingTest {

  private final Fixture fixture = new Fixture();

  private Written bind(String binding) {
    return fixture.registry.bind("default", "x", json(binding), WriteOptions.DEFAULT);
  }

  @Test
  void aPodIsGivenToANodeOnce() {
    fixture.create(ResourceTypes.POD, Samples.text(ResourceTypes.POD));
    bind(
        """
        {'apiVersion':'v1','kind':'Binding',
         'metadata':{'name':'x','annotations':{'by':'test'}},
         'target':{'apiVersion':'v1','kind':'Node','name':'n1'}}
        """);
    var pod = fixture.get(ResourceTypes.POD, "x");
    assertThat(pod.at("/spec/nodeName").stringValue()).isEqualTo("n1");
    assertThat(pod.at("/metadata/annotations/by").stringValue()).isEqualTo("test");
    assertThat(pod.at("/status/conditions"))
        .isEqualTo(
            json("""
                    {'c':[{'type':'PodScheduled','status':'True',
                     'lastTransitionTime':'2026-03-01T12:00:00Z'}]}
                    """)
                .path("c"));

    var again = rejected(() -> bind("{'target':{'name':'n2'}}"));
    assertThat(again.code()).isEqualTo(409);
    assertThat(again.reason()).isEqualTo("Conflict");
    assertThat(again.message())
        .isEqualTo(
            "Operation cannot be fulfilled on pods \"x\": pod x is already assigned to node \"n1\"");
    assertThat(fixture.get(ResourceTypes.POD, "x")).isEqualTo(pod);
  }

  @Test
  void anEarlierRefusalIsForgotten() {
    fixture.create(ResourceTypes.POD, Samples.text(ResourceTypes.POD));
    fixture.merge(
        ResourceTypes.POD,
        "x",
        Resources.STATUS,
        "{'status':{'conditions':[{'type':'PodScheduled','status':'False',"
            + "'reason':'Unschedulable'},{'type':'Other','status':'True'}],"
            + "'nominatedNodeName':'n2'}}");
    bind("{'target':{'name':'n1'}}");
    assertThat(fixture.get(ResourceTypes.POD, "x").at("/status/nominatedNodeName").isMissingNode())
        .isTrue();
    assertThat(fixture.get(ResourceTypes.POD, "x").at("/status/conditions"))
        .extracting(condition -> condition.path("type").stringValue())
        .containsExactly("Other", "PodScheduled");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{} | 422 | Binding \"x\" is invalid: target.name: Required value: the node",
        "{'target':'n1'} | 422 | Binding \"x\" is invalid: target.name: Required value: the node",
        "{'target':{'kind':'Pod','name':'n1'}} | 422 | Unsupported value: \"Pod\": supported values",
        "{'kind':'Pod','target':{'name':'n1'}} | 400 | the kind in the data (Pod) does not match",
        "{'metadata':{'name':'y'},'target':{'name':'n1'}} | 400 | the name of the Binding object (y)",
        "{'metadata':{'annotations':{'a':[]}},'target':{'name':'n1'}} | 400"
            + " | metadata.annotations[a]: expected a string, found a list",
      })
  void whatIsNoBinding(String binding, int code, String message) {
    fixture.create(ResourceTypes.POD, Samples.text(ResourceTypes.POD));
    var status = rejected(() -> bind(binding));
    assertThat(status.code()).isEqualTo(code);
    assertThat(status.message()).contains(message);
  }

  @Test
  void aPodOnItsWayOutGetsNoNode() {
    fixture.create(ResourceTypes.POD, Samples.text(ResourceTypes.POD));
    fixture.merge(ResourceTypes.POD, "x", "{'metadata':{'finalizers':['a.b/c']}}");
    fixture.delete(ResourceTypes.POD, "x");
    assertThat(rejected(() -> bind("{'target':{'name':'n1'}}")).message())
        .contains("pod x is being deleted, cannot be assigned to a host");
    assertThat(
            rejected(
                    () ->
                        fixture.registry.bind(
                            "default",
                            "nope",
                            json("{'target':{'name':'n1'}}"),
                            WriteOptions.DEFAULT))
                .code())
        .isEqualTo(404);
  }
}
