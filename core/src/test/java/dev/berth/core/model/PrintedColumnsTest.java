package dev.berth.core.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PrintedColumnsTest {

  private static final Instant NOW = Instant.parse("2026-01-02T00:00:00Z");

  /** The row as {@code heading=cell}, what is only shown wide in brackets. */
  private static String row(ResourceType type, String document) {
    var cells =
        PrintedColumns.cells(type, Json.parse(document.replace('\'', '"').getBytes(UTF_8)), NOW);
    var row = new ArrayList<String>();
    for (var i = 0; i < cells.size(); i++) {
      var column = PrintedColumns.of(type).get(i);
      var text = column.name() + "=" + cells.get(i);
      row.add(column.wide() ? "[" + text + "]" : text);
    }
    return String.join(" ", row);
  }

  @Test
  void aVolume() {
    assertThat(
            row(
                ResourceTypes.VOLUME,
                """
                {'metadata':{'name':'v','creationTimestamp':'2026-01-01T23:59:00Z'},
                 'spec':{'capacity':{'storage':'1Gi'},'accessModes':['ReadWriteOnce','ReadOnlyMany'],
                  'persistentVolumeReclaimPolicy':'Retain','storageClassName':'fast',
                  'volumeMode':'Filesystem','claimRef':{'namespace':'default','name':'data'}},
                 'status':{'phase':'Bound'}}
                """))
        .isEqualTo(
            "Name=v Capacity=1Gi Access Modes=RWO,ROX Reclaim Policy=Retain Status=Bound"
                + " Claim=default/data StorageClass=fast VolumeAttributesClass=<unset> Reason="
                + " Age=60s [VolumeMode=Filesystem]");
  }

  @Test
  void aClaimShowsWhatItGotOnlyWhenItGotAVolume() {
    var claim =
        """
        {'metadata':{'name':'c','deletionTimestamp':%s},
         'spec':{'volumeName':'%s','volumeMode':'Block'},
         'status':{'phase':'Bound','capacity':{'storage':'2Gi'},'accessModes':['ReadWriteOnce']}}
        """;
    assertThat(row(ResourceTypes.CLAIM, claim.formatted("null", "v")))
        .isEqualTo(
            "Name=c Status=Bound Volume=v Capacity=2Gi Access Modes=RWO StorageClass="
                + " VolumeAttributesClass=<unset> Age=<unknown> [VolumeMode=Block]");
    assertThat(row(ResourceTypes.CLAIM, claim.formatted("'2026-01-01T00:00:00Z'", "")))
        .contains("Status=Terminating Volume= Capacity= Access Modes= ");
  }

  @Test
  void aClass() {
    assertThat(
            row(
                ResourceTypes.CLASS,
                """
                {'metadata':{'name':'fast','creationTimestamp':'2025-12-30T00:00:00Z',
                  'annotations':{'storageclass.kubernetes.io/is-default-class':'true'}},
                 'provisioner':'p','reclaimPolicy':'Delete','volumeBindingMode':'Immediate'}
                """))
        .isEqualTo(
            "Name=fast (default) Provisioner=p ReclaimPolicy=Delete VolumeBindingMode=Immediate"
                + " AllowVolumeExpansion=false Age=3d");
  }

  @Test
  void aNode() {
    assertThat(
            row(
                ResourceTypes.NODE,
                """
                {'metadata':{'name':'n','labels':{'node-role.kubernetes.io/b':'','kubernetes.io/role':'a'}},
                 'spec':{'unschedulable':true},
                 'status':{'conditions':[{'type':'Ready','status':'True'}],
                  'addresses':[{'type':'InternalIP','address':'10.0.0.1'}],
                  'nodeInfo':{'kubeletVersion':'v1','osImage':'Debian','kernelVersion':'6'}}}
                """))
        .isEqualTo(
            "Name=n Status=Ready,SchedulingDisabled Roles=a,b Age=<unknown> Version=v1"
                + " [Internal-IP=10.0.0.1] [External-IP=<none>] [OS-Image=Debian]"
                + " [Kernel-Version=6] [Container-Runtime=<unknown>]");
  }

  @Test
  void anEvent() {
    assertThat(
            row(
                ResourceTypes.EVENT,
                """
                {'metadata':{'name':'p.1'},'type':'Warning','reason':'FailedMount',
                 'involvedObject':{'kind':'Pod','name':'p'},'message':'no disk\\n','count':3,
                 'source':{'component':'kubelet','host':'n1'},
                 'firstTimestamp':'2026-01-01T23:00:00Z','lastTimestamp':'2026-01-01T23:59:59Z'}
                """))
        .isEqualTo(
            "Last Seen=1s Type=Warning Reason=FailedMount Object=pod/p [Subobject=]"
                + " [Source=kubelet, n1] Message=no disk [First Seen=60m] [Count=3] [Name=p.1]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "'phase':'Pending' | 0/2 Pending 0",
        "'phase':'Failed','reason':'Evicted' | 0/2 Evicted 0",
        "'phase':'Pending','initContainerStatuses':[{'state':{'running':{}}}] | 0/2 Init:0/1 0",
        "'phase':'Pending','initContainerStatuses':[{'restartCount':2,'state':{'waiting':"
            + "{'reason':'CrashLoopBackOff'}}}] | 0/2 Init:CrashLoopBackOff 2",
        "'phase':'Pending','initContainerStatuses':[{'state':{'terminated':{'exitCode':3}}}]"
            + "| 0/2 Init:ExitCode:3 0",
        "'phase':'Pending','containerStatuses':[{'state':{'waiting':{'reason':"
            + "'ContainerCreating'}}}] | 0/2 ContainerCreating 0",
        "'phase':'Running','containerStatuses':[{'ready':true,'state':{'running':{}}},"
            + "{'ready':true,'state':{'running':{}},'restartCount':4,'lastState':{'terminated':"
            + "{'finishedAt':'2026-01-01T23:00:00Z'}}}] | 2/2 Running 4 (60m ago)",
        "'phase':'Running','containerStatuses':[{'state':{'terminated':{'exitCode':1,"
            + "'reason':'Error'}}},{'ready':true,'state':{'running':{}}}] | 1/2 Error 0",
        "'phase':'Running','containerStatuses':[{'state':{'terminated':{'exitCode':0,"
            + "'reason':'Completed'}}},{'ready':true,'state':{'running':{}}}] | 1/2 NotReady 0",
        "'phase':'Failed','containerStatuses':[{'state':{'terminated':{'signal':9}}}]"
            + "| 0/2 Signal:9 0",
        "'phase':'Succeeded','containerStatuses':[{'state':{'terminated':{'reason':"
            + "'Completed'}}}] | 0/2 Completed 0",
      })
  void aPod(String status, String readyStatusRestarts) {
    var document =
        "{'metadata':{'name':'p'},'spec':{'initContainers':[{}],'containers':[{},{}]},'status':{"
            + status
            + "}}";
    var cells =
        PrintedColumns.cells(
            ResourceTypes.POD, Json.parse(document.replace('\'', '"').getBytes(UTF_8)), NOW);
    assertThat(String.join(" ", cells.subList(1, 4))).isEqualTo(readyStatusRestarts);
    assertThat(cells.subList(4, 9))
        .containsExactly("<unknown>", "<none>", "<none>", "<none>", "<none>");
  }

  @Test
  void aPodThatIsBeingDeletedIsTerminating() {
    assertThat(
            row(
                ResourceTypes.POD,
                """
                {'metadata':{'name':'p','deletionTimestamp':'2026-01-02T00:00:30Z'},
                 'spec':{'containers':[{}],'nodeName':'n1'},'status':{'phase':'Running'}}
                """))
        .contains("Status=Terminating")
        .contains("[Node=n1]");
  }

  @ParameterizedTest
  @CsvSource({
    "PT-5S, <invalid>",
    "PT0S, 0s",
    "PT1M59S, 119s",
    "PT2M, 2m",
    "PT9M59S, 9m59s",
    "PT10M, 10m",
    "PT2H59M, 179m",
    "PT3H, 3h",
    "PT7H59M, 7h59m",
    "PT47H, 47h",
    "PT49H, 2d1h",
    "P8D, 8d",
    "P729D, 729d",
    "P730D, 2y",
    "P731D, 2y1d",
    "P3000D, 8y",
  })
  void ages(Duration duration, String age) {
    assertThat(Age.of(duration)).isEqualTo(age);
  }

  @Test
  void settingsAndSecretsShowHowManyValuesTheyHave() {
    assertThat(
            row(
                ResourceTypes.CONFIG_MAP,
                "{'metadata':{'name':'c'},'data':{'a':'1','b':'2'},'binaryData':{'d':''}}"))
        .isEqualTo("Name=c Data=3 Age=<unknown>");
    assertThat(
            row(ResourceTypes.SECRET, "{'metadata':{'name':'s'},'type':'Opaque','data':{'a':''}}"))
        .isEqualTo("Name=s Type=Opaque Data=1 Age=<unknown>");
  }

  @Test
  void classesOfPriorityAndAttributes() {
    assertThat(
            row(
                ResourceTypes.PRIORITY_CLASS,
                "{'metadata':{'name':'p'},'value':7,'preemptionPolicy':'Never'}"))
        .isEqualTo("Name=p Value=7 Global-Default=false Age=<unknown> PreemptionPolicy=Never");
    assertThat(row(ResourceTypes.ATTRIBUTES_CLASS, "{'metadata':{'name':'a'},'driverName':'d.x'}"))
        .isEqualTo("Name=a DriverName=d.x Age=<unknown>");
  }

  @Test
  void whatDriversReport() {
    assertThat(row(ResourceTypes.CSI_NODE, "{'metadata':{'name':'n'},'spec':{'drivers':[{},{}]}}"))
        .isEqualTo("Name=n Drivers=2 Age=<unknown>");
    assertThat(
            row(
                ResourceTypes.STORAGE_CAPACITY,
                "{'metadata':{'name':'c'},'storageClassName':'fast','capacity':'5Gi'}"))
        .isEqualTo("Name=c StorageClassName=fast Capacity=5Gi");
    assertThat(row(ResourceTypes.STORAGE_CAPACITY, "{'metadata':{'name':'c'}}"))
        .isEqualTo("Name=c StorageClassName= Capacity=<unset>");
  }

  @Test
  void everyKindHasColumns() {
    for (var type : ResourceTypes.ALL) {
      assertThat(PrintedColumns.cells(type, Json.object(), NOW))
          .as(type.kind())
          .hasSameSizeAs(PrintedColumns.of(type));
    }
  }
}
