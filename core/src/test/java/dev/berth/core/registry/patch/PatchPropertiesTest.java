package dev.berth.core.registry.patch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import dev.berth.core.model.schema.Schemas;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What holds for all patches, tried on random documents; a failure names its seed. */
class PatchPropertiesTest {

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private Random random = new Random();

  private static Random seeded(long seed) {
    return new Random(seed);
  }

  private JsonNode value(int depth) {
    return switch (random.nextInt(depth > 0 ? 7 : 4)) {
      case 0 -> NODES.numberNode(random.nextInt(4));
      case 1 -> NODES.stringNode("s" + random.nextInt(4));
      case 2 -> NODES.booleanNode(random.nextBoolean());
      case 3 -> NODES.stringNode("a/b~c");
      case 4 -> {
        var list = NODES.arrayNode();
        for (var i = random.nextInt(4); i > 0; i--) {
          list.add(value(depth - 1));
        }
        yield list;
      }
      default -> object(depth - 1);
    };
  }

  private ObjectNode object(int depth) {
    var object = NODES.objectNode();
    for (var i = random.nextInt(5); i > 0; i--) {
      object.set(random.nextInt(8) == 0 ? "x/y~z" : "k" + random.nextInt(5), value(depth));
    }
    return object;
  }

  /** A merge patch from one object to the other. */
  private static ObjectNode mergeDifference(ObjectNode from, ObjectNode to) {
    var patch = NODES.objectNode();
    for (var name : names(from, to)) {
      var before = from.get(name);
      var after = to.get(name);
      if (after == null) {
        patch.putNull(name);
      } else if (before instanceof ObjectNode left && after instanceof ObjectNode right) {
        patch.set(name, mergeDifference(left, right));
      } else if (!after.equals(before)) {
        patch.set(name, after);
      }
    }
    return patch;
  }

  /** JSON patch operations from one object to the other. */
  private void jsonDifference(ObjectNode from, ObjectNode to, String path, ArrayNode operations) {
    for (var name : names(from, to)) {
      var pointer = path + "/" + name.replace("~", "~0").replace("/", "~1");
      var before = from.get(name);
      var after = to.get(name);
      if (after == null) {
        operations.addObject().put("op", "remove").put("path", pointer);
      } else if (before == null) {
        operations.addObject().put("op", "add").put("path", pointer).set("value", after);
      } else if (before instanceof ObjectNode left && after instanceof ObjectNode right) {
        jsonDifference(left, right, pointer, operations);
      } else if (!before.equals(after)) {
        operations.addObject().put("op", "test").put("path", pointer).set("value", before);
        operations.addObject().put("op", "replace").put("path", pointer).set("value", after);
      }
    }
  }

  private static Set<String> names(ObjectNode one, ObjectNode other) {
    var names = new TreeSet<>(one.propertyNames());
    names.addAll(other.propertyNames());
    return names;
  }

  @RepeatedTest(300)
  void aDifferenceLeadsFromOneDocumentToTheOther(RepetitionInfo repetition) throws Exception {
    random = seeded(repetition.getCurrentRepetition());
    var from = object(4);
    var to = object(4);
    var unchanged = from.deepCopy();
    assertThat(MergePatch.apply(from, mergeDifference(from, to))).isEqualTo(to);
    var operations = NODES.arrayNode();
    jsonDifference(from, to, "", operations);
    assertThat(JsonPatch.apply(from, operations)).isEqualTo(to);
    // A strategic patch of parts that no schema knows is a merge patch.
    assertThat(StrategicPatch.apply(from, mergeDifference(from, to), Schemas.named("LeaseSpec")))
        .isEqualTo(to);
    assertThat(from).isEqualTo(unchanged);
  }

  private ObjectNode pod() {
    var pod = NODES.objectNode();
    var finalizers = pod.putObject("metadata").putArray("finalizers");
    for (var name : someNames()) {
      finalizers.add("x/" + name);
    }
    var containers = pod.putObject("spec").putArray("containers");
    for (var name : someNames()) {
      var container =
          containers.addObject().put("name", name).put("image", "i" + random.nextInt(3));
      var environment = container.putArray("env");
      for (var variable : someNames()) {
        environment.addObject().put("name", variable).put("value", "v" + random.nextInt(3));
      }
    }
    return pod;
  }

  private Set<String> someNames() {
    var names = new HashSet<String>();
    for (var i = random.nextInt(5); i > 0; i--) {
      names.add("n" + random.nextInt(6));
    }
    return names;
  }

  @RepeatedTest(300)
  void strategicMergingKeepsEveryKeyOnceAndIsIdempotent(RepetitionInfo repetition)
      throws Exception {
    random = seeded(repetition.getCurrentRepetition());
    var document = pod();
    var patch = pod();
    for (var container : patch.at("/spec/containers")) {
      if (random.nextInt(4) == 0) {
        ((ObjectNode) container).put("$patch", random.nextBoolean() ? "delete" : "replace");
      }
    }
    var once = StrategicPatch.apply(document, patch, Schemas.named("Pod"));
    assertThat(StrategicPatch.apply(once, patch, Schemas.named("Pod"))).isEqualTo(once);

    var names = new HashSet<String>();
    for (var container : once.at("/spec/containers")) {
      assertThat(names.add(Json.text(container, "name"))).isTrue();
      assertThat(container.has("$patch")).isFalse();
    }
    var expected = new HashSet<String>();
    document.at("/spec/containers").forEach(c -> expected.add(Json.text(c, "name")));
    for (var container : patch.at("/spec/containers")) {
      if (Json.text(container, "$patch").equals("delete")) {
        expected.remove(Json.text(container, "name"));
      } else {
        expected.add(Json.text(container, "name"));
      }
    }
    assertThat(names).isEqualTo(expected);
  }

  @RepeatedTest(200)
  void nonsenseIsRefusedAndNothingElse(RepetitionInfo repetition) {
    random = seeded(repetition.getCurrentRepetition());
    var document = pod();
    var unchanged = document.deepCopy();
    var operations = NODES.arrayNode();
    for (var i = random.nextInt(5); i >= 0; i--) {
      var operation = operations.addObject();
      var names = new String[] {"add", "remove", "replace", "move", "copy", "test", "burn"};
      operation.put("op", names[random.nextInt(names.length)]);
      operation.put("path", randomPointer()).put("from", randomPointer());
      operation.set("value", value(2));
    }
    try {
      JsonPatch.apply(document, operations);
    } catch (PatchException refused) {
      assertThat(refused.why()).isNotEmpty();
    }
    try {
      StrategicPatch.apply(document, object(4), Schemas.named("Pod"));
    } catch (PatchException refused) {
      assertThat(refused.why()).isNotEmpty();
    }
    assertThat(document).isEqualTo(unchanged);
  }

  private String randomPointer() {
    var pointers =
        new String[] {
          "",
          "/",
          "/spec",
          "/spec/containers",
          "/spec/containers/0",
          "/spec/containers/-",
          "/spec/containers/0/env/1",
          "/metadata/finalizers/0",
          "/new",
          "/a/b",
          "x"
        };
    return pointers[random.nextInt(pointers.length)];
  }
}
