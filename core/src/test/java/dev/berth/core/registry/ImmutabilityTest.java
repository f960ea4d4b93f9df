package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.rejected;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What may change, as a table: a kind, a merge patch that prepares its sample, one that is tried,
 * and what comes of it: {@code ok}, or all that the answer says. Three dots stand for anything.
 */
class ImmutabilityTest {

  private final Fixture fixture = new Fixture();

  private static final String TABLE =
      """
      # Claims: nothing, except the volume once, and more storage when bound
      PersistentVolumeClaim |    | {'metadata':{'labels':{'a':'b'}}}            | ok
      PersistentVolumeClaim |    | {'spec':{'volumeName':'v'}}                  | ok
      PersistentVolumeClaim | {'spec':{'volumeName':'v'}} | {'spec':{'volumeName':'w'}}  | spec: Forbidden: spec is immutable after creation except resources.requests for bound claims\\n  spec.volumeName: was "v", would be "w"
      PersistentVolumeClaim | {'spec':{'volumeName':'v'}} | {'spec':{'volumeName':null}} | spec: Forbidden: spec is immutable...
      PersistentVolumeClaim |    | {'spec':{'accessModes':['ReadWriteMany']}}   | spec: Forbidden: spec is immutable...
      PersistentVolumeClaim |    | {'spec':{'storageClassName':'other'}}        | spec: Forbidden: spec is immutable...
      PersistentVolumeClaim |    | {'spec':{'resources':{'requests':{'storage':'2Gi'}}}} | spec: Forbidden: spec is immutable...
      PersistentVolumeClaim |    | {'spec':{'resources':{'requests':{'storage':'1024Mi'}}}} | ok
      PersistentVolumeClaim | BOUND | {'spec':{'resources':{'requests':{'storage':'2Gi'}}}} | ok
      PersistentVolumeClaim | BOUND | {'spec':{'resources':{'requests':{'storage':'1Mi'}}}} | spec.resources.requests.storage: Forbidden: field can not be less than previous value
      PersistentVolumeClaim | GROWING | {'spec':{'resources':{'requests':{'storage':'2Gi'}}}} | ok
      PersistentVolumeClaim | GROWING | {'spec':{'resources':{'requests':{'storage':'1Gi'}}}} | spec.resources.requests.storage: Forbidden: must be more than status.capacity, 1Gi, which it has

      # Volumes: where they are
      PersistentVolume | | {'spec':{'capacity':{'storage':'5Gi'},'persistentVolumeReclaimPolicy':'Delete','mountOptions':['noatime'],'storageClassName':'slow','claimRef':{'name':'c','namespace':'default'}}} | ok
      PersistentVolume | | {'spec':{'local':{'path':'/dev/y'}}}                 | spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation
      PersistentVolume | | {'spec':{'local':null,'hostPath':{'path':'/y'}}}     | spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation
      PersistentVolume | | {'spec':{'volumeMode':'Block'}}                      | spec.volumeMode: Invalid value: "Block": field is immutable
      PersistentVolume | | {'spec':{'nodeAffinity':{'required':{'nodeSelectorTerms':[{'matchExpressions':[{'key':'a','operator':'Exists'}]}]}}}} | spec.nodeAffinity: Invalid value: {...}: field is immutable

      # Classes
      StorageClass | | {'parameters':{'a':'b'}}               | parameters: Forbidden: updates to parameters are forbidden.
      StorageClass | | {'provisioner':'q'}                    | provisioner: Forbidden: updates to provisioner are forbidden.
      StorageClass | | {'reclaimPolicy':'Retain'}             | reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.
      StorageClass | | {'volumeBindingMode':'WaitForFirstConsumer'} | volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable
      StorageClass | | {'allowVolumeExpansion':true,'mountOptions':['ro']} | ok

      PriorityClass | | {'value':11}                          | value: Forbidden: may not be changed in an update.
      PriorityClass | | {'preemptionPolicy':'Never'}          | preemptionPolicy: Invalid value: "Never": field is immutable
      PriorityClass | | {'globalDefault':true,'description':'d'} | ok
      VolumeAttributesClass | | {'driverName':'e.x'}          | driverName: Forbidden: updates to driverName are forbidden.
      VolumeAttributesClass | | {'parameters':{'a':'c'}}      | parameters: Forbidden: updates to parameters are forbidden.

      # What drivers report
      CSINode | | {'spec':{'drivers':[{'name':'d.x','nodeID':'m'}]}} | spec.drivers[0].nodeID: Invalid value: "m": field is immutable
      CSINode | | {'spec':{'drivers':[{'name':'d.x','nodeID':'n','topologyKeys':['z']}]}} | spec.drivers[0].topologyKeys: Invalid value: ["z"]: field is immutable
      CSINode | | {'spec':{'drivers':[{'name':'d.x','nodeID':'n','allocatable':{'count':5}},{'name':'e.x','nodeID':'m'}]}} | ok
      CSINode | | {'spec':{'drivers':[]}}                     | ok
      CSIStorageCapacity | | {'storageClassName':'slow'}      | storageClassName: Invalid value: "slow": field is immutable
      CSIStorageCapacity | | {'nodeTopology':{'matchLabels':{'a':'b'}}} | nodeTopology: Invalid value: {"matchLabels":{"a":"b"}}: field is immutable
      CSIStorageCapacity | | {'capacity':'2Gi','maximumVolumeSize':'1Gi'} | ok

      # Settings and secrets
      ConfigMap | | {'data':{'a':'c'},'binaryData':{'b':'Yg=='}}  | ok
      ConfigMap | {'immutable':true} | {'data':{'a':'c'}}         | data: Forbidden: field is immutable when `immutable` is set
      ConfigMap | {'immutable':true} | {'binaryData':{'b':'Yg=='}} | binaryData: Forbidden: field is immutable when `immutable` is set
      ConfigMap | {'immutable':true} | {'immutable':false}        | immutable: Forbidden: field is immutable when `immutable` is set
      ConfigMap | {'immutable':true} | {'metadata':{'labels':{'l':'m'}}} | ok
      Secret | | {'stringData':{'a':'c'}}                         | ok
      Secret | | {'type':'other'}                                 | type: Invalid value: "other": field is immutable
      Secret | {'immutable':true} | {'stringData':{'a':'c'}}      | data: Forbidden: field is immutable when `immutable` is set
      Secret | {'immutable':true} | {'stringData':{'a':'b'}}      | ok
      Secret | {'immutable':true} | {'immutable':null}            | immutable: Forbidden: field is immutable when `immutable` is set

      # Pods
      Pod | | {'spec':{'containers':[{'name':'c','image':'other','terminationMessagePath':'/dev/termination-log','terminationMessagePolicy':'File','imagePullPolicy':'Always','resources':{}}]}} | ok
      Pod | | {'spec':{'activeDeadlineSeconds':60}}           | ok
      Pod | {'spec':{'activeDeadlineSeconds':60}} | {'spec':{'activeDeadlineSeconds':61}}   | spec.activeDeadlineSeconds: Invalid value: 61: must be less than or equal to previous value (60)
      Pod | {'spec':{'activeDeadlineSeconds':60}} | {'spec':{'activeDeadlineSeconds':null}} | spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value
      Pod | | {'spec':{'nodeName':'n1'}}                      | spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\\n  spec.nodeName: was absent, would be "n1"
      Pod | | {'spec':{'restartPolicy':'Never'}}              | spec: Forbidden: pod updates may not change fields...
      Pod | | {'spec':{'containers':[]}}                      | [spec.containers: Required value, spec.containers: Forbidden: pod updates may not add or remove containers]
      Pod | | {'spec':{'tolerations':[]}}                     | spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds
      Pod | | {'spec':{'tolerations':[{'key':'a','operator':'Exists'},{'key':'node.kubernetes.io/not-ready','operator':'Exists','effect':'NoExecute','tolerationSeconds':1},{'key':'node.kubernetes.io/unreachable','operator':'Exists','effect':'NoExecute','tolerationSeconds':300}]}} | ok

      # Nodes
      Node | | {'spec':{'unschedulable':true,'taints':[{'key':'a','effect':'NoSchedule'}]}} | ok
      Node | | {'spec':{'providerID':'p'}}                    | ok
      Node | {'spec':{'providerID':'p'}} | {'spec':{'providerID':'q'}} | spec: Forbidden: node updates may only change labels, taints, or capacity...

      # All: what only the registry sets
      Lease | | {'metadata':{'creationTimestamp':'2020-01-01T00:00:00Z'}} | metadata.creationTimestamp: Invalid value: "2020-01-01T00:00:00Z": field is immutable
      Lease | | {'metadata':{'deletionTimestamp':'2020-01-01T00:00:00Z'}} | metadata.deletionTimestamp: Invalid value: "2020-01-01T00:00:00Z": field is immutable
      Lease | | {'metadata':{'uid':null,'creationTimestamp':null,'generation':5},'spec':{'leaseTransitions':1}} | ok
      """;

  static Stream<Arguments> table() {
    return TABLE
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(line -> line.split(" *\\| *", 4))
        .map(cells -> Arguments.of(cells[0], cells[1], cells[2], cells[3]));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("table")
  void change(String kind, String preparation, String change, String expected) {
    var type = ValidationTest.type(kind);
    fixture.create(
        ResourceTypes.CLASS,
        "{'metadata':{'name':'fast'},'provisioner':'p','allowVolumeExpansion':true}");
    fixture.create(type, Samples.text(type));
    if (preparation.equals("BOUND")) {
      fixture.merge(type, "x", Resources.STATUS, "{'status':{'phase':'Bound'}}");
    } else if (preparation.equals("GROWING")) {
      fixture.merge(
          type, "x", Resources.STATUS, "{'status':{'phase':'Bound','capacity':{'storage':'1Gi'}}}");
      fixture.merge(type, "x", "{'spec':{'resources':{'requests':{'storage':'3Gi'}}}}");
    } else if (!preparation.isEmpty()) {
      fixture.merge(type, "x", preparation);
    }
    var before = fixture.get(type, "x");
    if (expected.equals("ok")) {
      fixture.merge(type, "x", change);
      assertThat(fixture.get(type, "x").at("/metadata/uid")).isEqualTo(before.at("/metadata/uid"));
      return;
    }
    var status = rejected(() -> fixture.merge(type, "x", change));
    assertThat(status.code()).as(status.message()).isEqualTo(422);
    assertThat(status.message().substring(status.message().indexOf("invalid: ") + 9))
        .matches(
            Pattern.compile(
                Arrays.stream(expected.replace("\\n", "\n").split("\\.\\.\\.", -1))
                    .map(Pattern::quote)
                    .collect(Collectors.joining(".*")),
                Pattern.DOTALL));
    assertThat(fixture.get(type, "x")).isEqualTo(before);
  }

  @Test
  void aClaimGrowsOnlyInAClassThatAllowsIt() {
    fixture.create(ResourceTypes.CLASS, "{'metadata':{'name':'fast'},'provisioner':'p'}");
    fixture.create(ResourceTypes.CLAIM, Samples.text(ResourceTypes.CLAIM));
    fixture.merge(ResourceTypes.CLAIM, "x", Resources.STATUS, "{'status':{'phase':'Bound'}}");
    var status =
        rejected(
            () ->
                fixture.merge(
                    ResourceTypes.CLAIM,
                    "x",
                    "{'spec':{'resources':{'requests':{'storage':'2Gi'}}}}"));
    assertThat(status.code()).isEqualTo(403);
    assertThat(status.message())
        .isEqualTo(
            "persistentvolumeclaims \"x\" is forbidden: only dynamically provisioned pvc can be"
                + " resized and the storageclass that provisions the pvc must support resize");
  }

  @Test
  void theObjectItselfLeavesTheStatusAloneAndTheStatusLeavesTheRestAlone() {
    fixture.create(ResourceTypes.VOLUME, Samples.text(ResourceTypes.VOLUME));
    var both =
        "{'spec':{'storageClassName':'slow'},'status':{'phase':'Available'},"
            + "'metadata':{'labels':{'l':'%s'}}}";
    fixture.merge(ResourceTypes.VOLUME, "x", both.formatted("a"));
    var volume = fixture.get(ResourceTypes.VOLUME, "x");
    assertThat(Json.text(volume, "spec", "storageClassName")).isEqualTo("slow");
    assertThat(Json.text(volume, "status", "phase")).isEqualTo("Pending");
    assertThat(Json.text(volume, "metadata", "labels", "l")).isEqualTo("a");
    fixture.merge(
        ResourceTypes.VOLUME, "x", Resources.STATUS, both.formatted("b").replace("slow", "other"));
    volume = fixture.get(ResourceTypes.VOLUME, "x");
    assertThat(Json.text(volume, "spec", "storageClassName")).isEqualTo("slow");
    assertThat(Json.text(volume, "status", "phase")).isEqualTo("Available");
    assertThat(Json.text(volume, "metadata", "labels", "l")).isEqualTo("b");
  }

  @Test
  void anObjectWithoutASubresourceOfThatNameHasNone() {
    fixture.create(ResourceTypes.LEASE, Samples.text(ResourceTypes.LEASE));
    assertThat(
            rejected(() -> fixture.merge(ResourceTypes.LEASE, "x", Resources.STATUS, "{}")).code())
        .isEqualTo(405);
    fixture.create(ResourceTypes.POD, Samples.text(ResourceTypes.POD));
    assertThat(rejected(() -> fixture.merge(ResourceTypes.POD, "x", "binding", "{}")).code())
        .isEqualTo(405);
  }
}
