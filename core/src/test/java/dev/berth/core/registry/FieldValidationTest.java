package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.json;
import static dev.berth.core.registry.Fixture.rejected;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.WriteOptions.FieldValidation;
import dev.berth.core.registry.patch.MergePatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** Fields of wrong types, and fields that a kind does not have. */
class FieldValidationTest {

  private final Fixture fixture = new Fixture();

  private Written create(ObjectNode document, FieldValidation validation) {
    return fixture.registry.create(
        ResourceTypes.POD, "default", document, new WriteOptions(false, null, validation));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'metadata':'x'} | metadata: expected an object, found \"x\"",
        "{'metadata':{'labels':[]}} | metadata.labels: expected an object, found a list",
        "{'metadata':{'labels':{'a':1}}} | metadata.labels[a]: expected a string, found the number 1",
        "{'metadata':{'finalizers':'x'}} | metadata.finalizers: expected a list, found the string \"x\"",
        "{'metadata':{'name':7}} | metadata.name: expected a string, found the number 7",
        "{'metadata':{'creationTimestamp':'now'}} | metadata.creationTimestamp: expected a time",
        "{'spec':[]} | spec: expected an object, found a list",
        "{'spec':{'containers':{}}} | spec.containers: expected a list, found an object",
        "{'spec':{'containers':['c']}} | spec.containers[0]: expected an object, found the string",
        "{'spec':{'containers':[null]}} | spec.containers[0]: expected an object, found null",
        "{'spec':{'hostNetwork':'true'}} | spec.hostNetwork: expected true or false, found the",
        "{'spec':{'terminationGracePeriodSeconds':1.5}} | spec.terminationGracePeriodSeconds:"
            + " expected a whole number, found the number 1.5",
        "{'spec':{'priority':4294967296}} | spec.priority: expected a whole number from -2147483648"
            + " to 2147483647, found the number 4294967296",
        "{'spec':{'priority':-2147483649}} | spec.priority: expected a whole number from -2147483648"
            + " to 2147483647, found",
        "{'spec':{'activeDeadlineSeconds':9223372036854775808}} | spec.activeDeadlineSeconds:"
            + " expected a whole number from -9223372036854775808 to 9223372036854775807, found",
        "{'spec':{'containers':[{'ports':[{'containerPort':3000000000}]}]}} |"
            + " spec.containers[0].ports[0].containerPort: expected a whole number from -2147483648"
            + " to 2147483647, found",
        "{'spec':{'containers':[{'resources':{'limits':{'cpu':'lots'}}}]}} |"
            + " spec.containers[0].resources.limits[cpu]: quantities must look like 10, 1.5Gi",
        "{'spec':{'containers':[{'resources':{'limits':{'cpu':true}}}]}} |"
            + " spec.containers[0].resources.limits[cpu]: expected a quantity",
        "{'spec':{'tolerations':[{'tolerationSeconds':{}}],'volumes':7}} |"
            + " spec.volumes: expected a list, found the number 7",
      })
  void aWrongTypeIsABadRequestThatNamesTheField(String change, String expected) {
    var document = MergePatch.apply(Samples.of(ResourceTypes.POD), json(change));
    for (var validation : FieldValidation.values()) {
      var status = rejected(() -> create(document, validation));
      assertThat(status.code()).isEqualTo(400);
      assertThat(status.reason()).isEqualTo("BadRequest");
      assertThat(status.message()).contains(expected);
    }
  }

  @ParameterizedTest
  @CsvSource({"3000000000, false", "-2147483649, false", "-2147483648, true", "1000000000, true"})
  void aPriorityThatNobodyMayHaveIsToldTheRangeOfUsers(long value, boolean allowed) {
    var type = ResourceTypes.PRIORITY_CLASS;
    var document = MergePatch.apply(Samples.of(type), json("{'value':%d}".formatted(value)));
    if (allowed) {
      fixture.create(type, document.toString());
      return;
    }
    assertThat(rejected(() -> fixture.create(type, document.toString())).message())
        .isEqualTo(
            "PriorityClass in version \"v1\" cannot be handled as a PriorityClass: value: expected a"
                + " whole number from -2147483648 to 1000000000 (above that are classes of the"
                + " system), found the number "
                + value);
  }

  @Test
  void aPatchThatPutsAWrongTypeIsABadRequestToo() {
    fixture.create(ResourceTypes.POD, Samples.text(ResourceTypes.POD));
    var status =
        rejected(() -> fixture.merge(ResourceTypes.POD, "x", "{'spec':{'tolerations':'all'}}"));
    assertThat(status.code()).isEqualTo(400);
    assertThat(status.message())
        .isEqualTo(
            "Pod in version \"v1\" cannot be handled as a Pod: spec.tolerations: expected a list,"
                + " found the string \"all\"");
  }

  @Test
  void unknownFieldsAreForbiddenWarnedOfOrIgnored() {
    var document =
        MergePatch.apply(
            Samples.of(ResourceTypes.POD),
            json("{'spec':{'colour':'red','containers':[{'name':'c','image':'host','size':1}]}}"));
    var strict = rejected(() -> create(document, FieldValidation.STRICT));
    assertThat(strict.code()).isEqualTo(400);
    assertThat(strict.message())
        .isEqualTo(
            "Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: unknown field"
                + " \"spec.containers[0].size\", unknown field \"spec.colour\"");
    var written = create(document, FieldValidation.WARN);
    assertThat(written.warnings())
        .containsExactly(
            "unknown field \"spec.containers[0].size\"", "unknown field \"spec.colour\"");
    assertThat(fixture.get(ResourceTypes.POD, "x").at("/spec/colour").stringValue())
        .isEqualTo("red");
    fixture.delete(ResourceTypes.POD, "x");
    assertThat(create(document, FieldValidation.IGNORE).warnings()).isEmpty();
  }

  @Test
  void whoDidNotBringAnUnknownFieldIsNotBlamedForIt() {
    create(
        MergePatch.apply(Samples.of(ResourceTypes.POD), json("{'spec':{'colour':'red'}}")),
        FieldValidation.IGNORE);
    var written =
        fixture.registry.patch(
            ResourceTypes.POD,
            "default",
            "x",
            Resources.OBJECT,
            new Patch.MergePatch(json("{'metadata':{'labels':{'a':'b'}}}")),
            new WriteOptions(false, null, FieldValidation.STRICT));
    assertThat(written.effect()).isEqualTo(Written.Effect.CHANGED);
    assertThat(written.warnings()).isEmpty();
  }

  @Test
  void knownFieldsAreStoredInOneForm() {
    var claim =
        fixture.created(
            ResourceTypes.CLAIM,
            """
            {'metadata':{'name':'c','creationTimestamp':null,'labels':{'empty':null},
              'selfLink':'/x','managedFields':[{}],'generation':3},
             'status':{'phase':'Bound'},
             'spec':{'accessModes':['ReadWriteOnce'],'selector':null,'storageClassName':'',
              'resources':{'requests':{'storage':1073741824},'limits':{'storage':'2048Mi'}}}}
            """);
    assertThat(claim.path("spec"))
        .isEqualTo(
            json(
                """
                {'accessModes':['ReadWriteOnce'],'storageClassName':'',
                 'resources':{'requests':{'storage':'1073741824'},'limits':{'storage':'2Gi'}},
                 'volumeMode':'Filesystem'}
                """));
    assertThat(claim.path("status")).isEqualTo(json("{'phase':'Pending'}"));
    assertThat(claim.path("metadata").propertyNames())
        .containsExactlyInAnyOrder(
            "resourceVersion",
            "name",
            "labels",
            "namespace",
            "uid",
            "creationTimestamp",
            "finalizers");
    assertThat(claim.at("/metadata/labels/empty").stringValue()).isEmpty();
  }

  @Test
  void timesAreStoredInUtc() {
    var lease =
        fixture.created(
            ResourceTypes.LEASE,
            """
            {'metadata':{'name':'l'},'spec':{'renewTime':'2026-01-01T02:00:00.5+02:00'}}
            """);
    assertThat(lease.at("/spec/renewTime").stringValue()).isEqualTo("2026-01-01T00:00:00.500000Z");
  }
}
