package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.api.http.Wire;
import dev.berth.core.explain.Explanation;
import dev.berth.core.explain.Explanation.Candidate;
import dev.berth.core.explain.Explanation.Reason;
import dev.berth.core.explain.Remedy;
import dev.berth.core.model.Json;
import dev.berth.core.storage.ObjectKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ExplainTest {
  private static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
  private static final String EXPLAIN = CLAIMS + "/c/explain";

  private TestServer server;
  private Wire wire;

  @BeforeEach
  void start() throws IOException {
    server = TestServer.start();
    wire = Wire.open(server.socket());
    ask(
        201,
        "POST",
        CLAIMS,
        """
        {"metadata":{"name":"c"},"spec":{"accessModes":["ReadWriteOnce"],
         "resources":{"requests":{"storage":"5Gi"}}}}""");
  }

  @AfterEach
  void stop() throws IOException {
    wire.close();
    server.close();
  }

  private JsonNode ask(int code, String method, String path, String body) throws IOException {
    var reply = wire.request(method, path, body).reply();
    assertThat(reply.code()).as(reply.body()).isEqualTo(code);
    return Json.parse(reply.body().getBytes(StandardCharsets.UTF_8));
  }

  private static Explanation explanation(ObjectKey key) {
    return new Explanation(
        key,
        true,
        "none of 1 volumes fits",
        List.of("size 5Gi"),
        List.of(
            new Candidate(
                "PersistentVolume", "v", List.of(new Reason("size", "5Gi", "1Gi", "too small")))),
        7,
        List.of(new Remedy.Delete(key, "kubectl delete it")),
        "kubectl delete it");
  }

  @Test
  void anExplanationIsAnsweredWhole() throws IOException {
    var limits = new AtomicInteger();
    server.explanations =
        (key, revision, limit) -> {
          limits.set(limit);
          assertThat(revision).isPositive();
          return CompletableFuture.completedFuture(Optional.of(explanation(key)));
        };
    var body = ask(200, "GET", EXPLAIN, "");
    assertThat(body.toString())
        .isEqualTo(
            """
            {"kind":"Explanation","apiVersion":"berth.dev/v1","object":{"resource":\
            "persistentvolumeclaims","namespace":"default","name":"c"},"waiting":true,"summary":\
            "none of 1 volumes fits","needed":["size 5Gi"],"candidates":[{"kind":\
            "PersistentVolume","name":"v","fits":false,"reasons":[{"rule":"size","needed":"5Gi",\
            "found":"1Gi","message":"too small"}]}],"candidatesLeft":7,"smallestChange":[{"action":\
            "delete","resource":"persistentvolumeclaims","namespace":"default","name":"c","text":\
            "kubectl delete it"}],"advice":"kubectl delete it"}""");
    assertThat(limits).hasValue(100);
    ask(200, "GET", EXPLAIN + "?limit=3", "");
    assertThat(limits).hasValue(3);
  }

  @Test
  void whatCannotBeExplainedIsRefused() throws IOException {
    server.explanations = (key, revision, limit) -> new CompletableFuture<>();
    assertThat(ask(404, "GET", CLAIMS + "/none/explain", "").path("message").asString())
        .isEqualTo("persistentvolumeclaims \"none\" not found");
    assertThat(ask(400, "GET", EXPLAIN + "?limit=1001", "").path("message").asString())
        .isEqualTo("limit must be at most 1000: 1001");
    assertThat(ask(400, "GET", EXPLAIN + "?limit=-1", "").path("message").asString())
        .contains("must not be negative");
    ask(405, "POST", EXPLAIN, "{}");
    ask(404, "GET", "/api/v1/persistentvolumes/v/explain", "");
    assertThat(ask(200, "GET", "/api/v1", "").toString())
        .contains("persistentvolumeclaims/explain", "pods/explain");
  }

  @Test
  void aDeciderThatHasEndedIsUnavailable() throws IOException {
    server.explanations =
        (key, revision, limit) -> {
          var answer = new CompletableFuture<Optional<Explanation>>();
          answer.cancel(false);
          return answer;
        };
    assertThat(ask(503, "GET", EXPLAIN, "").path("message").asString())
        .isEqualTo("the decider has ended");
  }
}
