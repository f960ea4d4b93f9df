package dev.berth.core.registry.patch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.berth.core.model.Json;
import dev.berth.core.model.schema.Schemas;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Patches, as tables: what was there, the patch, and what comes of it. */
class PatchTest {

  private static ObjectNode json(String text) {
    return Json.parseObject(text.replace('\'', '"').getBytes(UTF_8));
  }

  private static ArrayNode list(String text) {
    return (ArrayNode) Json.parse(text.replace('\'', '"').getBytes(UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'a':'b'} | {'a':'c'} | {'a':'c'}",
        "{'a':'b'} | {'b':'c'} | {'a':'b','b':'c'}",
        "{'a':'b'} | {'a':null} | {}",
        "{'a':'b','b':'c'} | {'a':null} | {'b':'c'}",
        "{'a':['b']} | {'a':'c'} | {'a':'c'}",
        "{'a':'c'} | {'a':['b']} | {'a':['b']}",
        "{'a':{'b':'c'}} | {'a':{'b':'d','c':null}} | {'a':{'b':'d'}}",
        "{'a':[{'b':'c'}]} | {'a':[1]} | {'a':[1]}",
        "{'e':null} | {'a':1} | {'e':null,'a':1}",
        "{} | {'a':{'bb':{'ccc':null}}} | {'a':{'bb':{}}}",
        "{'a':1} | {'a':{'b':1}} | {'a':{'b':1}}",
      })
  void mergePatch(String document, String patch, String result) {
    var before = json(document);
    assertThat(MergePatch.apply(before, json(patch))).isEqualTo(json(result));
    assertThat(before).isEqualTo(json(document));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'a':1} | [{'op':'add','path':'/b','value':2}] | {'a':1,'b':2}",
        "{'a':1} | [{'op':'add','path':'/a','value':2}] | {'a':2}",
        "{'a':[1,3]} | [{'op':'add','path':'/a/1','value':2}] | {'a':[1,2,3]}",
        "{'a':[1]} | [{'op':'add','path':'/a/-','value':2}] | {'a':[1,2]}",
        "{'a':[1]} | [{'op':'add','path':'/a/1','value':2}] | {'a':[1,2]}",
        "{'a':1,'b':2} | [{'op':'remove','path':'/b'}] | {'a':1}",
        "{'a':[1,2,3]} | [{'op':'remove','path':'/a/1'}] | {'a':[1,3]}",
        "{'a':[1,2]} | [{'op':'replace','path':'/a/0','value':9}] | {'a':[9,2]}",
        "{'a':1} | [{'op':'replace','path':'','value':{'b':1}}] | {'b':1}",
        "{'a':{'b':1},'c':{}} | [{'op':'move','from':'/a/b','path':'/c/d'}] | {'a':{},'c':{'d':1}}",
        "{'a':[1,2,3]} | [{'op':'move','from':'/a/0','path':'/a/2'}] | {'a':[2,3,1]}",
        "{'a':{'b':[1]}} | [{'op':'copy','from':'/a','path':'/c'}] | {'a':{'b':[1]},'c':{'b':[1]}}",
        "{'a/b':1,'m~n':2} | [{'op':'test','path':'/a~1b','value':1},{'op':'remove','path':'/m~0n'}]"
            + " | {'a/b':1}",
        "{'a':1} | [{'op':'test','path':'/a','value':1.0}] | {'a':1}",
        "{'a':null} | [{'op':'test','path':'/a','value':null}] | {'a':null}",
        "{'':1} | [{'op':'replace','path':'/','value':2}] | {'':2}",
      })
  void jsonPatch(String document, String patch, String result) throws PatchException {
    assertThat(JsonPatch.apply(json(document), list(patch))).isEqualTo(json(result));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[{'op':'test','path':'/a','value':2}] | operation 0 (test /a): the test failed: the value there is 1",
        "[{'op':'add','path':'/x','value':1},{'op':'remove','path':'/y'}]"
            + " | operation 1 (remove /y): there is no 'y'",
        "[{'op':'replace','path':'/z','value':1}] | operation 0 (replace /z): there is no 'z'",
        "[{'op':'add','path':'/b/3','value':1}]"
            + " | operation 0 (add /b/3): there is no element '3' in a list of 2",
        "[{'op':'add','path':'/b/01','value':1}] | there is no element '01' in a list of 2",
        "[{'op':'remove','path':'/b/-'}] | there is no element '-' in a list of 2",
        "[{'op':'add','path':'/a/b','value':1}] | would be in a value that has no parts",
        "[{'op':'add','path':'/c/d','value':1}] | there is no 'c'",
        "[{'op':'add','path':'x','value':1}] | path 'x' does not begin with /",
        "[{'op':'add','value':1}] | it has no path",
        "[{'op':'add','path':'/x'}] | it has no value",
        "[{'op':'copy','path':'/x'}] | it has no from",
        "[{'op':'jump','path':'/x'}] | op must be add, remove, replace, move, copy or test",
        "[{'op':'remove','path':''}] | the whole object cannot be removed",
        "[{'op':'replace','path':'','value':3}] | instead of an object",
        "[{'op':'move','from':'/d','path':'/d/e'}] | a value cannot be moved into itself",
        "[7] | it has no path",
      })
  void aJsonPatchThatFailsChangesNothing(String patch, String message) {
    var document = json("{'a':1,'b':[1,2],'d':{'e':{}}}");
    var before = document.deepCopy();
    var failure =
        catchThrowableOfType(PatchException.class, () -> JsonPatch.apply(document, list(patch)));
    assertThat(failure.why()).contains(message);
    assertThat(document).isEqualTo(before);
  }

  private static final String POD =
      """
      {'metadata':{'finalizers':['a/x','b/x'],'labels':{'k':'v'},
        'ownerReferences':[{'uid':'1','name':'one'}]},
       'spec':{'nodeSelector':{'d':'ssd'},
        'tolerations':[{'key':'t1'},{'key':'t2'}],
        'containers':[
         {'name':'c1','image':'i1','args':['x','y'],'env':[{'name':'A','value':'1'}],
          'volumeMounts':[{'name':'v','mountPath':'/a'},{'name':'v','mountPath':'/b'}]},
         {'name':'c2','image':'i2'}],
        'volumes':[{'name':'v','emptyDir':{}},{'name':'w','hostPath':{'path':'/w'}}]},
       'status':{'conditions':[{'type':'Ready','status':'False'}]}}
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        // maps and values as in a merge patch
        "{'metadata':{'labels':{'k':null,'l':'w'}}} | /metadata/labels | {'l':'w'}",
        "{'spec':{'nodeSelector':{'z':'1'}}} | /spec/nodeSelector | {'d':'ssd','z':'1'}",
        "{'spec':{'nodeSelector':{'$patch':'replace','z':'1'}}} | /spec/nodeSelector | {'z':'1'}",
        "{'spec':{'nodeSelector':{'$patch':'delete'}}} | /spec/nodeSelector | ",
        "{'spec':{'affinity':{'nodeAffinity':{'x':null}}}} | /spec/affinity | {'nodeAffinity':{}}",
        // lists by their keys
        "{'spec':{'containers':[{'name':'c2','image':'new'}]}} | /spec/containers/1"
            + " | {'name':'c2','image':'new'}",
        "{'spec':{'containers':[{'name':'c1','env':[{'name':'B','value':'2'},{'name':'A','value':'9'}]}]}}"
            + " | /spec/containers/0/env | [{'name':'A','value':'9'},{'name':'B','value':'2'}]",
        "{'spec':{'containers':[{'name':'c3','image':'i3','tty':null}]}} | /spec/containers/2"
            + " | {'name':'c3','image':'i3'}",
        "{'spec':{'containers':[{'name':'c1','$patch':'delete'}]}} | /spec/containers"
            + " | [{'name':'c2','image':'i2'}]",
        "{'spec':{'containers':[{'$patch':'replace'},{'name':'c9','image':'i9'}]}}"
            + " | /spec/containers | [{'name':'c9','image':'i9'}]",
        "{'spec':{'containers':[{'name':'c2','$patch':'replace','image':'only'}]}}"
            + " | /spec/containers/1 | {'name':'c2','image':'only'}",
        "{'spec':{'containers':[{'name':'c1','volumeMounts':[{'mountPath':'/b','readOnly':true}]}]}}"
            + " | /spec/containers/0/volumeMounts/1 | {'name':'v','mountPath':'/b','readOnly':true}",
        "{'status':{'conditions':[{'type':'Ready','status':'True'},{'type':'Initialized','status':'True'}]}}"
            + " | /status/conditions | [{'type':'Ready','status':'True'},{'type':'Initialized','status':'True'}]",
        "{'metadata':{'ownerReferences':[{'uid':'2','name':'two'}]}} | /metadata/ownerReferences"
            + " | [{'uid':'1','name':'one'},{'uid':'2','name':'two'}]",
        // lists of values that are sets
        "{'metadata':{'finalizers':['b/x','c/x']}} | /metadata/finalizers | ['a/x','b/x','c/x']",
        "{'metadata':{'$deleteFromPrimitiveList/finalizers':['a/x']}} | /metadata/finalizers | ['b/x']",
        "{'metadata':{'$deleteFromPrimitiveList/finalizers':['a/x'],'finalizers':['c/x'],"
            + "'$setElementOrder/finalizers':['c/x','b/x']}} | /metadata/finalizers | ['c/x','b/x']",
        // lists that are replaced as a whole
        "{'spec':{'tolerations':[{'key':'t3'}]}} | /spec/tolerations | [{'key':'t3'}]",
        "{'spec':{'containers':[{'name':'c1','args':['z']}]}} | /spec/containers/0/args | ['z']",
        // what is kept of an element
        "{'spec':{'volumes':[{'name':'v','$retainKeys':['name','hostPath'],'hostPath':{'path':'/x'}}]}}"
            + " | /spec/volumes/0 | {'name':'v','hostPath':{'path':'/x'}}",
        // order
        "{'spec':{'$setElementOrder/containers':[{'name':'c2'},{'name':'c1'}]}} | /spec/containers/0/name"
            + " | 'c2'",
        "{'spec':{'$setElementOrder/volumes':[{'name':'n'},{'name':'w'}],'volumes':[{'name':'n'}]}}"
            + " | /spec/volumes | [{'name':'v','emptyDir':{}},{'name':'n'},{'name':'w','hostPath':{'path':'/w'}}]",
        // parts that nobody knows merge as in a merge patch
        "{'spec':{'new':{'list':[1]}}} | /spec/new | {'list':[1]}",
      })
  void strategicPatch(String patch, String pointer, String result) throws PatchException {
    var before = json(POD);
    var after = StrategicPatch.apply(before, json(patch), Schemas.named("Pod"));
    var expected =
        result == null ? "" : Json.parse(result.replace('\'', '"').getBytes(UTF_8)).toString();
    assertThat(after.at(pointer)).hasToString(expected);
    assertThat(before).isEqualTo(json(POD));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'spec':{'containers':[{'image':'x'}]}}"
            + " | spec.containers: an element has no name, by which it is found",
        "{'spec':{'containers':['x']}} | spec.containers: its elements must be objects, not \"x\"",
        "{'spec':{'nodeSelector':{'$patch':'burn'}}}"
            + " | spec.nodeSelector: $patch must be merge, replace or delete, not \"burn\"",
      })
  void aStrategicPatchThatMakesNoSense(String patch, String message) {
    var failure =
        catchThrowableOfType(
            PatchException.class,
            () -> StrategicPatch.apply(json(POD), json(patch), Schemas.named("Pod")));
    assertThat(failure.why()).isEqualTo(message);
  }
}
