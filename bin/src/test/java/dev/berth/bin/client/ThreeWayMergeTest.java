package dev.berth.bin.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

class ThreeWayMergeTest {
  private static final ObjectNode MANIFEST =
      object(
          """
          {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"1"}},
           "spec":{"nodeSelector":{"disk":"ssd"},
             "containers":[{"name":"c","image":"host"}]}}
          """);

  @Test
  void theNoteIsTheManifestWithoutTheNote() {
    var noted = ThreeWayMerge.noted(MANIFEST);
    assertThat(note(noted))
        .isEqualTo(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"annotations":{},"labels":{"a":"1"},\
            "name":"p"},"spec":{"containers":[{"image":"host","name":"c"}],\
            "nodeSelector":{"disk":"ssd"}}}
            """);
    assertThat(ThreeWayMerge.noted(noted)).isEqualTo(noted);
  }

  @Test
  void whatIsAlreadySoNeedsNoPatch() {
    assertThat(ThreeWayMerge.patch(MANIFEST, ThreeWayMerge.noted(MANIFEST))).isEmpty();
  }

  @Test
  void aNoteOfKubectlSaysTheSame() {
    var live = MANIFEST.deepCopy();
    var noted = MANIFEST.deepCopy();
    noted.withObject("/metadata").putObject("annotations");
    live.withObject("/metadata/annotations").put(ThreeWayMerge.LAST_APPLIED, noted + "\n");
    assertThat(ThreeWayMerge.patch(MANIFEST, live)).isEmpty();
  }

  @Test
  void defaultsOfTheServerAndFieldsOfOthersStay() {
    var live = ThreeWayMerge.noted(MANIFEST);
    live.withObject("/spec").put("restartPolicy", "Always");
    live.withObject("/spec/containers/0").put("imagePullPolicy", "Always");
    live.withObject("/metadata/annotations").put("berth.dev/fs-uuid", "x");
    live.putObject("status").put("phase", "Running");
    assertThat(ThreeWayMerge.patch(MANIFEST, live)).isEmpty();
  }

  @Test
  void whatTheManifestNoLongerSaysIsRemoved() {
    var now = MANIFEST.deepCopy();
    now.withObject("/spec").remove("nodeSelector");
    now.withObject("/metadata/labels").put("b", "2");
    var patch = ThreeWayMerge.patch(now, ThreeWayMerge.noted(MANIFEST));
    assertThat(patch.at("/spec").toString()).isEqualTo("{\"nodeSelector\":null}");
    assertThat(patch.at("/metadata/labels").toString()).isEqualTo("{\"b\":\"2\"}");
    assertThat(note(patch)).isEqualTo(note(ThreeWayMerge.noted(now)));
  }

  @Test
  void aListIsReplacedAsAWholeWhenAnElementDiffers() {
    var now = MANIFEST.deepCopy();
    now.withObject("/spec/containers/0").put("image", "other");
    var patch = ThreeWayMerge.patch(now, ThreeWayMerge.noted(MANIFEST));
    assertThat(patch.at("/spec/containers").toString())
        .isEqualTo("[{\"name\":\"c\",\"image\":\"other\"}]");
  }

  @Test
  void aFieldThatLeavesAListElementReplacesTheList() {
    var before = MANIFEST.deepCopy();
    before.withObject("/spec/containers/0").put("tty", true);
    var patch = ThreeWayMerge.patch(MANIFEST, ThreeWayMerge.noted(before));
    assertThat(patch.at("/spec/containers").toString())
        .isEqualTo("[{\"name\":\"c\",\"image\":\"host\"}]");
  }

  @Test
  void anObjectThatWasNeverAppliedGetsTheNoteAndLosesNothing() {
    var live = MANIFEST.deepCopy();
    live.withObject("/metadata/labels").put("by-hand", "yes");
    var patch = ThreeWayMerge.patch(MANIFEST, live);
    assertThat(patch.propertyNames()).containsExactly("metadata");
    assertThat(patch.path("metadata").propertyNames()).containsExactly("annotations");
    assertThat(note(patch)).isEqualTo(note(ThreeWayMerge.noted(MANIFEST)));
  }

  private static String note(ObjectNode object) {
    return object
        .path("metadata")
        .path("annotations")
        .path(ThreeWayMerge.LAST_APPLIED)
        .asString("");
  }

  private static ObjectNode object(String json) {
    return Json.parseObject(json.getBytes(StandardCharsets.UTF_8));
  }
}
