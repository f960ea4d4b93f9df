package dev.berth.core.registry;

import static dev.berth.core.registry.Fixture.json;
import static dev.berth.core.registry.Fixture.rejected;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.patch.MergePatch;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What objects are given that they do not say. */
class DefaultsTest {

  private final Fixture fixture = new Fixture();

  private static String at(JsonNode document, String pointer) {
    return document.at(pointer).stringValue("");
  }

  @Test
  void aPod() {
    var pod = fixture.created(ResourceTypes.POD, Samples.text(ResourceTypes.POD));
    assertThat(pod.path("spec"))
        .isEqualTo(
            json(
                """
                {'containers':[{'name':'c','image':'host',
                  'terminationMessagePath':'/dev/termination-log',
                  'terminationMessagePolicy':'File','imagePullPolicy':'Always','resources':{}}],
                 'restartPolicy':'Always','terminationGracePeriodSeconds':30,
                 'dnsPolicy':'ClusterFirst','securityContext':{},
                 'schedulerName':'default-scheduler','enableServiceLinks':true,
                 'tolerations':[
                  {'key':'node.kubernetes.io/not-ready','operator':'Exists','effect':'NoExecute',
                   'tolerationSeconds':300},
                  {'key':'node.kubernetes.io/unreachable','operator':'Exists','effect':'NoExecute',
                   'tolerationSeconds':300}],
                 'priority':0,'preemptionPolicy':'PreemptLowerPriority'}
                """));
    assertThat(pod.path("status")).isEqualTo(json("{'phase':'Pending','qosClass':'BestEffort'}"));
  }

  @Test
  void volumesProbesPortsAndReferencesInAPod() {
    var pod =
        fixture.created(
            ResourceTypes.POD,
            """
            {'metadata':{'name':'x'},'spec':{'hostNetwork':true,
             'volumes':[{'name':'e'},{'name':'h','hostPath':{'path':'/x'}},
              {'name':'s','secret':{'secretName':'s'}}],
             'containers':[{'name':'c','image':'db:1.2','ports':[{'containerPort':80}],
              'env':[{'name':'N','valueFrom':{'fieldRef':{'fieldPath':'spec.nodeName'}}}],
              'livenessProbe':{'httpGet':{'port':80}},
              'resources':{'limits':{'cpu':'1000m'},'requests':{'memory':'1024Ki'}}}]}}
            """);
    assertThat(pod.at("/spec/volumes"))
        .isEqualTo(
            json("""
            {'v':[{'name':'e','emptyDir':{}},{'name':'h','hostPath':{'path':'/x','type':''}},
             {'name':'s','secret':{'secretName':'s','defaultMode':420}}]}
            """)
                .path("v"));
    var container = pod.at("/spec/containers/0");
    assertThat(container.at("/imagePullPolicy").stringValue()).isEqualTo("IfNotPresent");
    assertThat(container.at("/ports/0"))
        .isEqualTo(json("{'containerPort':80,'protocol':'TCP','hostPort':80}"));
    assertThat(container.at("/env/0/valueFrom/fieldRef/apiVersion").stringValue()).isEqualTo("v1");
    assertThat(container.at("/livenessProbe"))
        .isEqualTo(
            json(
                """
                {'httpGet':{'port':80,'path':'/','scheme':'HTTP'},'timeoutSeconds':1,
                 'periodSeconds':10,'successThreshold':1,'failureThreshold':3}
                """));
    assertThat(container.at("/resources"))
        .isEqualTo(json("{'limits':{'cpu':'1'},'requests':{'memory':'1Mi','cpu':'1'}}"));
    assertThat(pod.at("/status/qosClass").stringValue()).isEqualTo("Burstable");
  }

  @ParameterizedTest
  @CsvSource({
    "nginx, Always",
    "nginx:latest, Always",
    "host:5000/nginx, Always",
    "host:5000/nginx:1, IfNotPresent",
    "nginx@sha256:abc, IfNotPresent",
  })
  void imagesThatMayMoveAreLookedUp(String image, String policy) {
    var change = json("{'spec':{'containers':[{'name':'c','image':'" + image + "'}]}}");
    var pod = MergePatch.apply(Samples.of(ResourceTypes.POD), change);
    var created = fixture.created(ResourceTypes.POD, pod.toString());
    assertThat(at(created, "/spec/containers/0/imagePullPolicy")).isEqualTo(policy);
  }

  @Test
  void aTolerationOfItsOwnReplacesTheDefaultOne() {
    var pod =
        fixture.created(
            ResourceTypes.POD,
            """
            {'metadata':{'name':'x'},'spec':{'containers':[{'name':'c','image':'host'}],
             'tolerations':[{'operator':'Exists'}]}}
            """);
    assertThat(pod.at("/spec/tolerations")).hasSize(1);
  }

  @Test
  void aClaimAVolumeAClassAndANamespace() {
    var claim = fixture.created(ResourceTypes.CLAIM, Samples.text(ResourceTypes.CLAIM));
    assertThat(at(claim, "/spec/volumeMode")).isEqualTo("Filesystem");
    assertThat(at(claim, "/metadata/finalizers/0")).isEqualTo("kubernetes.io/pvc-protection");
    assertThat(at(claim, "/status/phase")).isEqualTo("Pending");

    var volume = fixture.created(ResourceTypes.VOLUME, Samples.text(ResourceTypes.VOLUME));
    assertThat(at(volume, "/spec/volumeMode")).isEqualTo("Filesystem");
    assertThat(at(volume, "/spec/persistentVolumeReclaimPolicy")).isEqualTo("Retain");
    assertThat(at(volume, "/metadata/finalizers/0")).isEqualTo("kubernetes.io/pv-protection");
    assertThat(at(volume, "/status/phase")).isEqualTo("Pending");

    var created = fixture.created(ResourceTypes.CLASS, Samples.text(ResourceTypes.CLASS));
    assertThat(at(created, "/reclaimPolicy")).isEqualTo("Delete");
    assertThat(at(created, "/volumeBindingMode")).isEqualTo("Immediate");

    var namespace =
        fixture.created(ResourceTypes.NAMESPACE, "{'metadata':{'generateName':'team-'}}");
    var name = at(namespace, "/metadata/name");
    assertThat(name).matches("team-[a-z0-9]{5}");
    assertThat(at(namespace, "/metadata/labels/kubernetes.io~1metadata.name")).isEqualTo(name);
    assertThat(at(namespace, "/spec/finalizers/0")).isEqualTo("kubernetes");
    assertThat(at(namespace, "/status/phase")).isEqualTo("Active");
  }

  @Test
  void aNodeMayBringItsStatusAndCanGiveAwayAllItHas() {
    var node =
        fixture.created(
            ResourceTypes.NODE, "{'metadata':{'name':'n'},'status':{'capacity':{'cpu':'2'}}}");
    assertThat(node.path("status"))
        .isEqualTo(json("{'capacity':{'cpu':'2'},'allocatable':{'cpu':'2'}}"));
  }

  @Test
  void whatASecretIsGivenAsTextBecomesDataAndIsNotKeptAsText() {
    var secret =
        fixture.created(
            ResourceTypes.SECRET,
            "{'metadata':{'name':'x'},'stringData':{'a':'new'},'data':{'a':'b2xk','b':'Yg\\n=='}}");
    assertThat(secret.path("data")).isEqualTo(json("{'a':'bmV3','b':'Yg=='}"));
    assertThat(secret.path("type").stringValue()).isEqualTo("Opaque");
    assertThat(secret.has("stringData")).isFalse();
    fixture.merge(ResourceTypes.SECRET, "x", "{'stringData':{'c':'c'},'data':{'a':null}}");
    assertThat(fixture.get(ResourceTypes.SECRET, "x").path("data"))
        .isEqualTo(json("{'b':'Yg==','c':'Yw=='}"));
  }

  private void defaultClass(String name, String annotation, String value) {
    fixture.create(
        ResourceTypes.CLASS,
        "{'metadata':{'name':'%s','annotations':{'%s':'%s'}},'provisioner':'p'}"
            .formatted(name, annotation, value));
    fixture.pass(Duration.ofMinutes(1));
  }

  private JsonNode claimOfClass(String spec) {
    var claim =
        """
        {'metadata':{'generateName':'c-'},'spec':{'accessModes':['ReadWriteOnce'],%s
         'resources':{'requests':{'storage':'1Gi'}}}}
        """
            .formatted(spec);
    return fixture.created(ResourceTypes.CLAIM, claim).at("/spec/storageClassName");
  }

  @Test
  void aClaimWithoutAClassGetsTheNewestDefaultOne() {
    assertThat(claimOfClass("").isMissingNode()).isTrue();
    defaultClass("old", "storageclass.kubernetes.io/is-default-class", "true");
    defaultClass("new", "storageclass.beta.kubernetes.io/is-default-class", "true");
    defaultClass("newest", "storageclass.kubernetes.io/is-default-class", "false");
    assertThat(claimOfClass("").stringValue()).isEqualTo("new");
    assertThat(claimOfClass("'storageClassName':'',").stringValue()).isEmpty();
    assertThat(claimOfClass("'storageClassName':'old',").stringValue()).isEqualTo("old");
    fixture.delete(ResourceTypes.CLASS, "new");
    assertThat(claimOfClass("").stringValue()).isEqualTo("old");
  }

  @Test
  void aPriorityIsGivenByNameOnly() {
    var pod = "{'metadata':{'name':'%s'},'spec':{'containers':[{'name':'c','image':'host'}],%s}}";
    assertThat(
            fixture
                .created(
                    ResourceTypes.POD,
                    pod.formatted("a", "'priorityClassName':'system-node-critical'"))
                .at("/spec/priority")
                .intValue())
        .isEqualTo(2_000_001_000);
    assertThat(
            rejected(
                    () ->
                        fixture.create(
                            ResourceTypes.POD, pod.formatted("b", "'priorityClassName':'vip'")))
                .message())
        .isEqualTo("pods \"b\" is forbidden: no PriorityClass with name vip was found");
    assertThat(
            rejected(() -> fixture.create(ResourceTypes.POD, pod.formatted("b", "'priority':7")))
                .code())
        .isEqualTo(403);
  }

  private ObjectNode podWith(String more) {
    var pod =
        json(
            "{'metadata':{'generateName':'p-'},'spec':{'containers':[{'name':'c','image':'host'}]"
                + more
                + "}}");
    return fixture.created(ResourceTypes.POD, pod.toString());
  }

  @Test
  void aPodGetsTheNumbersOfItsClass() {
    fixture.create(
        ResourceTypes.PRIORITY_CLASS,
        "{'metadata':{'name':'vip'},'value':1000,'preemptionPolicy':'Never'}");
    var spec = podWith(",'priorityClassName':'vip'").path("spec");
    assertThat(spec.path("priority").intValue()).isEqualTo(1000);
    assertThat(spec.path("preemptionPolicy").stringValue()).isEqualTo("Never");
    assertThat(
            rejected(
                    () ->
                        podWith(
                            ",'priorityClassName':'vip','preemptionPolicy':'PreemptLowerPriority'"))
                .message())
        .contains("the string value of PreemptionPolicy (PreemptLowerPriority) must not be");
    assertThat(podWith("").at("/spec/priority").intValue()).isZero();
  }

  @Test
  void aPodWithoutAClassGetsTheDefaultOne() {
    fixture.create(
        ResourceTypes.PRIORITY_CLASS,
        "{'metadata':{'name':'usual'},'value':5,'globalDefault':true}");
    var spec = podWith("").path("spec");
    assertThat(spec.path("priority").intValue()).isEqualTo(5);
    assertThat(spec.path("priorityClassName").stringValue()).isEqualTo("usual");
    assertThat(
            rejected(
                    () ->
                        fixture.create(
                            ResourceTypes.PRIORITY_CLASS,
                            "{'metadata':{'name':'other'},'value':6,'globalDefault':true}"))
                .message())
        .contains("PriorityClass usual is already marked as default. Only one default can exist");
    fixture.create(ResourceTypes.PRIORITY_CLASS, "{'metadata':{'name':'other'},'value':6}");
    assertThat(
            rejected(
                    () ->
                        fixture.merge(
                            ResourceTypes.PRIORITY_CLASS, "other", "{'globalDefault':true}"))
                .code())
        .isEqualTo(403);
    fixture.merge(ResourceTypes.PRIORITY_CLASS, "usual", "{'globalDefault':false}");
    fixture.merge(ResourceTypes.PRIORITY_CLASS, "other", "{'globalDefault':true}");
    assertThat(podWith("").at("/spec/priority").intValue()).isEqualTo(6);
  }

  @Test
  void theClassesOfTheSystemAreThere() {
    assertThat(fixture.get(ResourceTypes.PRIORITY_CLASS, "system-node-critical").path("value"))
        .hasToString("2000001000");
    assertThat(fixture.get(ResourceTypes.PRIORITY_CLASS, "system-cluster-critical").path("value"))
        .hasToString("2000000000");
  }
}
