package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.api.http.Wire;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What people and programs get wrong, over real connections: each answer says what to change. */
@Timeout(60)
class RefusalTest {
  private static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
  private static final String JSON = "Content-Type: application/json";
  private static final String YAML = "Content-Type: application/yaml";
  private static final int LARGEST = 3 << 20;

  private static TestServer server;
  private Wire wire;

  @BeforeAll
  static void start() throws IOException {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
  }

  @BeforeEach
  void open() throws IOException {
    wire = Wire.open(server.socket());
  }

  @AfterEach
  void close() throws IOException {
    wire.close();
  }

  private static String claim(String name) {
    return """
        {"metadata":{"name":"%s"},
         "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}"""
        .formatted(name);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "a: [1, 2|~is not valid YAML: line 1, column 9: ~",
        "~metadata:\n  name: a\n name: b~|~is not valid YAML: line 3, column 2: ~",
        "~a:\n\t- b~|~is not valid YAML: line 2, column 1: ~",
        "~a: 1\n---\nb: 2~|~several documents; send one in each request~",
        "~# nothing~|~is not valid YAML: it is empty~",
      })
  void malformedYamlIsToldWhere(String body, String message) throws IOException {
    var reply = wire.request("POST", CLAIMS, body, YAML).reply();
    assertThat(reply.code()).isEqualTo(400);
    assertThat(reply.body()).contains("\"reason\":\"BadRequest\"").contains(message);
  }

  @ParameterizedTest
  @CsvSource({
    "{\"spec\":{\"x\":1e1000000000}}, application/json, spec.x",
    "{\"spec\":{\"y\":[-1e400]}}, application/json, spec.y[0]",
    "'spec: {z: 1.0e+400}', application/yaml, spec.z",
  })
  void aNumberThatClientsCouldNotReadIsRefused(String body, String type, String field)
      throws IOException {
    var reply = wire.request("POST", CLAIMS, body, "Content-Type: " + type).reply();
    assertThat(reply.code()).isEqualTo(400);
    assertThat(reply.body()).contains(field + ": expected a number of at most 1.8e308");
  }

  @Test
  void allMissingFieldsAreNamedWithTheRemedy() throws IOException {
    var reply = wire.request("POST", CLAIMS, "{\"spec\":{}}", JSON).reply();
    assertThat(reply.code()).isEqualTo(422);
    assertThat(reply.body())
        .contains("\"field\":\"metadata.name\"")
        .contains("name or generateName is required")
        .contains("\"field\":\"spec.accessModes\"")
        .contains("at least 1 access mode is required")
        .contains("\"field\":\"spec.resources[storage]\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Upper", "under_score", "-dash", "dash-", "a..b", "a b", "é", "a/b"})
  void aNameThatIsNoDnsNameIsRefused(String name) throws IOException {
    var reply = wire.request("POST", CLAIMS, claim(name), JSON).reply();
    assertThat(reply.code()).isEqualTo(422);
    assertThat(reply.body()).contains("\"field\":\"metadata.name\"").contains("lower case");
  }

  @Test
  void aNameHasALongestLength() throws IOException {
    assertThat(wire.request("POST", CLAIMS, claim("a".repeat(253)), JSON).reply().code())
        .isEqualTo(201);
    var reply = wire.request("POST", CLAIMS, claim("a".repeat(254)), JSON).reply();
    assertThat(reply.code()).isEqualTo(422);
    assertThat(reply.body()).contains("must be no more than 253 characters");
  }

  @Test
  void aVersionThatIsNoLongerTheObjectsIsAConflictForEveryVerb() throws IOException {
    var made = wire.request("POST", CLAIMS, claim("stale"), JSON).reply();
    var version = made.body().replaceAll(".*\"resourceVersion\":\"(\\d+)\".*", "$1");
    var merge = "Content-Type: application/merge-patch+json";
    var label = "{\"metadata\":{\"resourceVersion\":\"%s\",\"labels\":{\"a\":\"b\"}}}";
    var first = wire.request("PATCH", CLAIMS + "/stale", label.formatted(version), merge).reply();
    assertThat(first.code()).isEqualTo(200);
    var conflicts =
        new Wire.Reply[] {
          wire.request("PATCH", CLAIMS + "/stale", label.formatted(version), merge).reply(),
          wire.request("PUT", CLAIMS + "/stale", made.body(), JSON).reply(),
          wire.request(
                  "DELETE",
                  CLAIMS + "/stale",
                  "{\"preconditions\":{\"resourceVersion\":\"" + version + "\"}}",
                  JSON)
              .reply()
        };
    for (var conflict : conflicts) {
      assertThat(conflict.code()).as(conflict.body()).isEqualTo(409);
      assertThat(conflict.body()).contains("\"reason\":\"Conflict\"").contains("stale");
    }
  }

  @Test
  void aBodyOfExactlyTheLimitIsTakenAndOneMoreByteIsNot() throws IOException {
    var body = claim("large");
    var full = body + " ".repeat(LARGEST - body.length());
    assertThat(wire.request("POST", CLAIMS, full, JSON).reply().code()).isEqualTo(201);
    var refused = wire.request("POST", CLAIMS, full + " ", JSON).reply();
    assertThat(refused.code()).isEqualTo(413);
    assertThat(refused.body()).contains("\"kind\":\"Status\"").contains("limit is " + LARGEST);
    wire.awaitEnd();
  }

  @Test
  void aBodyInPiecesIsTakenHoweverItIsCut() throws IOException {
    wire.send("POST " + CLAIMS + " HTTP/1.1\r\nHost: x\r\n" + JSON + "\r\n");
    wire.send("Transfer-Encoding: chunked\r\n\r\n");
    for (var letter : claim("chunked").getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
      wire.send("1\r\n" + (char) letter + "\r\n");
    }
    wire.send("0\r\n\r\n");
    assertThat(wire.reply().code()).isEqualTo(201);
    assertThat(wire.get(CLAIMS + "/chunked").code()).isEqualTo(200);
  }

  @Test
  void requestsSentTogetherAreDoneInTheirOrder() throws IOException {
    var body = claim("piped");
    var post =
        "POST %s HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(CLAIMS, JSON, body.length(), body);
    var other = " " + CLAIMS + "/piped HTTP/1.1\r\nHost: x\r\n\r\n";
    wire.send(post + post + "GET" + other + "DELETE" + other + post);
    for (var code : new int[] {201, 409, 200, 200}) {
      assertThat(wire.reply().code()).isEqualTo(code);
    }
    assertThat(wire.reply().code()).as("the claim waits for its finalizer").isEqualTo(409);
  }

  @Test
  void parametersThatNobodyKnowsArePassedOver() throws IOException {
    assertThat(wire.get(CLAIMS + "?nobody=knows&pretty=&&=&x").code()).isEqualTo(200);
    assertThat(wire.request("POST", CLAIMS + "?a=b", claim("asked"), JSON).reply().code())
        .isEqualTo(201);
  }

  @Test
  void aClientThatHasSentItsLastIsGoneAndNothingIsKeptForIt() throws IOException {
    for (var path : new String[] {CLAIMS + "?watch=1", CLAIMS + "?watch=1&timeoutSeconds=60"}) {
      try (var half = Wire.open(server.socket())) {
        half.request("GET", path, "");
        assertThat(half.head().code()).isEqualTo(200);
        await().until(() -> !server.store.feeds().isEmpty());
        half.endOfRequests();
        half.awaitEnd();
        await().until(() -> server.store.feeds().isEmpty());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "v3.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io"})
  void aCommandInASubprotocolThatIsNotSpokenIsRefusedBeforeItRuns(String subprotocol)
      throws IOException {
    var pods = "/api/v1/namespaces/default/pods";
    var pod =
        "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"nodeName\":\"n\",\"containers\":[{\"name\":\"c\",\"image\":\"host\"}]}}";
    wire.request("POST", pods, pod, JSON).reply();
    var reply =
        wire.get(
            pods + "/p/exec?command=id&stdout=1",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol: " + subprotocol);
    assertThat(reply.code()).isEqualTo(400);
    assertThat(reply.body()).contains("v5.channel.k8s.io", "use kubectl 1.29 or newer");
    assertThat(server.containers.processes).isEmpty();
    assertThat(wire.get(pods + "/p").code()).as("the connection goes on").isEqualTo(200);
  }
}
