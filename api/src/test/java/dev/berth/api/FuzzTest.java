package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.api.http.Limits;
import dev.berth.api.http.Wire;
import dev.berth.core.model.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whatever comes in, a Status goes out, and never one that blames the server. To repeat a failure
 * set the system property {@code berth.fuzz.seed} to the seed that it names.
 */
@Timeout(120)
class FuzzTest {
  private static final int ROUNDS = 1500;
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private static final List<String> PATHS =
      List.of(
          "/api/v1/namespaces",
          "/api/v1/namespaces/default",
          "/api/v1/nodes",
          "/api/v1/nodes/n",
          "/api/v1/nodes/n/status",
          "/api/v1/persistentvolumes",
          "/api/v1/persistentvolumes/v",
          "/api/v1/persistentvolumes/v/status",
          "/api/v1/namespaces/default/persistentvolumeclaims",
          "/api/v1/namespaces/default/persistentvolumeclaims/c",
          "/api/v1/namespaces/default/pods",
          "/api/v1/namespaces/default/pods/p",
          "/api/v1/namespaces/default/pods/p/status",
          "/api/v1/namespaces/default/pods/p/binding",
          "/api/v1/namespaces/default/bindings",
          "/api/v1/persistentvolumes/v/undelete",
          "/api/v1/namespaces/default/events",
          "/apis/storage.k8s.io/v1/storageclasses",
          "/apis/storage.k8s.io/v1/storageclasses/s",
          "/apis/coordination.k8s.io/v1/namespaces/default/leases/l",
          "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews");

  private static final List<String> BODIES =
      List.of(
          "{\"metadata\":{\"name\":\"n\",\"labels\":{\"a\":\"b\"}},\"spec\":{\"taints\":[{\"key\":\"k\",\"effect\":\"NoSchedule\"}]},\"status\":{\"allocatable\":{\"cpu\":\"2\",\"memory\":\"1Gi\"},\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}",
          "{\"metadata\":{\"name\":\"v\"},\"spec\":{\"capacity\":{\"storage\":\"5Gi\"},\"accessModes\":[\"ReadWriteOnce\"],\"local\":{\"path\":\"/mnt\"},\"nodeAffinity\":{\"required\":{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"kubernetes.io/hostname\",\"operator\":\"In\",\"values\":[\"n\"]}]}]}},\"claimRef\":{\"name\":\"c\",\"namespace\":\"default\"}}}",
          "{\"metadata\":{\"name\":\"c\"},\"spec\":{\"accessModes\":[\"ReadWriteOnce\"],\"resources\":{\"requests\":{\"storage\":\"1.5Gi\"}},\"selector\":{\"matchLabels\":{\"a\":\"b\"}},\"volumeMode\":\"Block\"}}",
          "{\"metadata\":{\"name\":\"p\",\"finalizers\":[\"a.b/c\"]},\"spec\":{\"nodeName\":\"n\",\"containers\":[{\"name\":\"c\",\"image\":\"host\",\"volumeMounts\":[{\"name\":\"v\",\"mountPath\":\"/x\"}],\"resources\":{\"requests\":{\"cpu\":\"100m\"}},\"env\":[{\"name\":\"A\",\"value\":\"b\"}]}],\"volumes\":[{\"name\":\"v\",\"persistentVolumeClaim\":{\"claimName\":\"c\"}}],\"terminationGracePeriodSeconds\":1,\"tolerations\":[{\"operator\":\"Exists\",\"tolerationSeconds\":3}]}}",
          "{\"metadata\":{\"name\":\"s\"},\"provisioner\":\"kubernetes.io/no-provisioner\",\"reclaimPolicy\":\"Delete\",\"volumeBindingMode\":\"Immediate\",\"parameters\":{\"a\":\"b\"}}",
          "{\"metadata\":{\"name\":\"e\"},\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"p\",\"namespace\":\"default\"},\"reason\":\"R\",\"message\":\"m\",\"type\":\"Normal\",\"count\":1}",
          "{\"metadata\":{\"name\":\"l\"},\"spec\":{\"holderIdentity\":\"h\",\"leaseDurationSeconds\":40,\"renewTime\":\"2026-01-01T00:00:00.000000Z\"}}",
          "{\"metadata\":{\"name\":\"p\"},\"target\":{\"kind\":\"Node\",\"name\":\"n\"}}",
          "{\"metadata\":{\"name\":\"x\",\"generateName\":\"y\",\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"name\":\"p\",\"uid\":\"u\"}]}}",
          "{\"spec\":{\"resourceAttributes\":{\"verb\":\"get\",\"resource\":\"pods\"}}}",
          "{\"gracePeriodSeconds\":0,\"preconditions\":{\"uid\":\"x\"},\"propagationPolicy\":\"Foreground\"}",
          "[{\"op\":\"add\",\"path\":\"/metadata/labels/x\",\"value\":\"y\"},{\"op\":\"test\",\"path\":\"/spec\",\"value\":{}},{\"op\":\"move\",\"from\":\"/spec/a\",\"path\":\"/spec/b\"}]",
          "{\"metadata\":{\"labels\":{\"x\":null},\"$patch\":\"delete\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"$patch\":\"delete\"}],\"$setElementOrder/containers\":[{\"name\":\"c\"}]}}");

  private static final List<String> TYPES =
      List.of(
          "application/json",
          "application/yaml",
          "application/json-patch+json",
          "application/merge-patch+json",
          "application/strategic-merge-patch+json",
          "application/vnd.kubernetes.protobuf",
          "application/apply-patch+yaml");

  private static final List<String> QUERIES =
      List.of(
          "",
          "",
          "",
          "?dryRun=All",
          "?limit=1",
          "?labelSelector=a%20in%20(b,c),!d",
          "?fieldSelector=metadata.name%3Dx",
          "?resourceVersion=3&resourceVersionMatch=Exact",
          "?continue=eyJ2IjoiYmVydGgvMSIsInJ2Ijo2fQ",
          "?fieldValidation=Strict",
          "?gracePeriodSeconds=0&propagationPolicy=Background",
          "?pretty=true");

  private static final List<String> ODD =
      List.of(
          "",
          " ",
          "\u0000",
          "😀",
          "-1",
          "1e400",
          "../..",
          "a/b",
          "null",
          "%",
          "\"",
          "5Gi",
          "0.1.2",
          "9999999999999999999999Gi",
          "metadata",
          "$patch",
          "2026-13-45T99:99:99Z");

  /** Most bounds as usual, but no long wait for what was promised and does not come. */
  private static final Limits IMPATIENT =
      new Limits(
          1024,
          256,
          64 << 10,
          64 << 10,
          3 << 20,
          32 << 20,
          64,
          400,
          1000,
          Duration.ofSeconds(30),
          Duration.ofMillis(100),
          Duration.ofMillis(100),
          Duration.ofSeconds(10),
          Duration.ofSeconds(3));

  private TestServer server;
  private Wire wire;
  private final long seed = Long.getLong("berth.fuzz.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @BeforeEach
  void start() throws IOException {
    System.out.println("fuzz seed " + seed);
    server = TestServer.start(IMPATIENT);
    wire = Wire.open(server.socket());
  }

  @AfterEach
  void stop() throws IOException {
    wire.close();
    server.close();
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  @Test
  void bodiesOfAllShapes() throws IOException {
    for (var round = 0; round < ROUNDS; round++) {
      var method = any(List.of("POST", "POST", "PUT", "PATCH", "PATCH", "DELETE", "GET"));
      var body = body();
      var head =
          "%s %s%s HTTP/1.1\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
              .formatted(method, any(PATHS), any(QUERIES), any(TYPES), body.length);
      var request = new ByteArrayOutputStream();
      request.writeBytes(head.getBytes(StandardCharsets.UTF_8));
      request.writeBytes(body);
      exchange(round, request.toByteArray());
    }
  }

  @Test
  void requestsOfAllShapes() throws IOException {
    for (var round = 0; round < ROUNDS; round++) {
      var request =
          "%s %s%s HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Length: 2\r\n\r\n{}"
              .formatted(any(List.of("GET", "PUT", "POST")), any(PATHS), any(QUERIES));
      var bytes = mutated(request.getBytes(StandardCharsets.UTF_8), 1 + random.nextInt(3));
      exchange(round, bytes);
      wire.close();
      wire = Wire.open(server.socket());
    }
  }

  private byte[] body() {
    var text = any(BODIES).getBytes(StandardCharsets.UTF_8);
    return switch (random.nextInt(4)) {
      case 0 -> mutated(text, 1 + random.nextInt(5));
      case 1 -> Arrays.copyOf(text, random.nextInt(text.length));
      default -> {
        var tree = Json.parse(text);
        for (var i = 0; i < 1 + random.nextInt(3); i++) {
          change(tree);
        }
        yield Json.write(tree);
      }
    };
  }

  private byte[] mutated(byte[] bytes, int times) {
    var out = bytes.clone();
    for (var i = 0; i < times; i++) {
      var at = random.nextInt(out.length);
      switch (random.nextInt(3)) {
        case 0 -> out[at] = (byte) random.nextInt(256);
        case 1 ->
            out[at] =
                (byte) any(List.of('{', '}', '[', '"', ':', ',', '0', ' ', '%', '/')).charValue();
        default -> out = Arrays.copyOf(out, Math.max(1, out.length - random.nextInt(4)));
      }
    }
    return out;
  }

  /** Replaces, removes or adds something anywhere in a tree. */
  private void change(JsonNode tree) {
    var places = new ArrayList<JsonNode>();
    collect(tree, places);
    switch (any(places)) {
      case ObjectNode object -> {
        var names = new ArrayList<>(object.propertyNames());
        names.add(any(ODD));
        var name = any(names);
        if (random.nextInt(4) == 0) {
          object.remove(name);
        } else {
          object.set(name, odd());
        }
      }
      case ArrayNode array -> array.add(odd());
      default -> {}
    }
  }

  private static void collect(JsonNode node, List<JsonNode> places) {
    if (node.isContainer()) {
      places.add(node);
      node.forEach(child -> collect(child, places));
    }
  }

  private JsonNode odd() {
    return switch (random.nextInt(8)) {
      case 0 -> NODES.nullNode();
      case 1 -> NODES.booleanNode(true);
      case 2 -> NODES.numberNode(random.nextLong());
      case 3 -> NODES.numberNode(-0.5);
      case 4 -> NODES.arrayNode().add("x").add(1);
      case 5 -> NODES.objectNode().put("a", "b");
      default -> NODES.stringNode(any(ODD));
    };
  }

  private void exchange(int round, byte[] request) throws IOException {
    Wire.Reply reply;
    try {
      reply = wire.send(request).send("\r\n\r\n").reply();
    } catch (IOException closed) {
      wire.close();
      wire = Wire.open(server.socket());
      return;
    }
    var what =
        "seed %d round %d\n%s\n%s"
            .formatted(seed, round, new String(request, StandardCharsets.UTF_8), reply);
    assertThat(reply.code()).as(what).isNotEqualTo(500);
    if (reply.code() >= 400) {
      var status = Json.parse(reply.body().getBytes(StandardCharsets.UTF_8));
      assertThat(status.path("kind").asString()).as(what).isEqualTo("Status");
      assertThat(status.path("code").asInt()).as(what).isEqualTo(reply.code());
      assertThat(status.path("message").asString()).as(what).isNotBlank();
      assertThat(status.path("reason").asString()).as(what).isNotBlank();
    }
    if ("close".equals(reply.headers().get("connection"))) {
      wire.close();
      wire = Wire.open(server.socket());
    }
  }
}
