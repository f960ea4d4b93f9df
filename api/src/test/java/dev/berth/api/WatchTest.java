package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.berth.api.http.Wire;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.core.registry.ListOptions;
import dev.berth.core.registry.WriteOptions;
import dev.berth.core.storage.StoreException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Watches as a program sees them: over the unix socket, event by event. */
@Timeout(60)
class WatchTest {
  private static final String NODES = "/api/v1/nodes?watch=true";
  private static final String TABLE = "Accept: application/json;as=Table;v=v1;g=meta.k8s.io";

  private TestServer server;
  private Wire wire;
  private final Deque<JsonNode> events = new ArrayDeque<>();
  private String rest = "";

  @BeforeEach
  void start() throws IOException {
    server = TestServer.start();
    wire = Wire.open(server.socket());
  }

  @AfterEach
  void stop() throws IOException {
    wire.close();
    server.close();
  }

  private long create(String name) {
    return create(name, "");
  }

  private long create(String name, String annotation) {
    var node = Json.object();
    var metadata = node.putObject("metadata");
    metadata.put("name", name);
    metadata.putObject("annotations").put("x", annotation);
    return server
        .resources
        .create(ResourceTypes.NODE, "", node, WriteOptions.DEFAULT)
        .object()
        .revision();
  }

  private void delete(String name) {
    server.resources.delete(ResourceTypes.NODE, "", name, DeleteOptions.DEFAULT);
  }

  private void watch(String query, String... headers) throws IOException {
    wire.request("GET", NODES + query, "", headers);
    assertThat(wire.head().code()).isEqualTo(200);
  }

  /** The next event, which must come. */
  private JsonNode next() throws IOException {
    return Objects.requireNonNull(nextOrEnd(), "the stream ended");
  }

  /** The next event; null at the end of the stream. */
  private @Nullable JsonNode nextOrEnd() throws IOException {
    while (events.isEmpty()) {
      var chunk = new String(wire.chunk(), StandardCharsets.UTF_8);
      if (chunk.isEmpty()) {
        return null;
      }
      var text = rest + chunk;
      var end = text.lastIndexOf('\n') + 1;
      rest = text.substring(end);
      text.substring(0, end)
          .lines()
          .forEach(line -> events.add(Json.parse(line.getBytes(StandardCharsets.UTF_8))));
    }
    return events.remove();
  }

  private static String told(JsonNode event) {
    return Json.text(event, "type") + " " + Json.text(event, "object", "metadata", "name");
  }

  private static long version(JsonNode event) {
    return Long.parseLong(Json.text(event, "object", "metadata", "resourceVersion"));
  }

  @Test
  void changesAreToldInOrder() throws IOException {
    var before = create("a");
    watch("&resourceVersion=" + before);
    var made = create("b");
    delete("a");
    var event = next();
    assertThat(told(event)).isEqualTo("ADDED b");
    assertThat(version(event)).isEqualTo(made);
    assertThat(told(next())).isEqualTo("DELETED a");
    create("c");
    assertThat(told(next())).isEqualTo("ADDED c");
  }

  @Test
  void withoutAVersionTheObjectsComeFirst() throws IOException {
    create("a");
    watch("&fieldSelector=metadata.name%3Da");
    assertThat(told(next())).isEqualTo("ADDED a");
    create("b");
    delete("a");
    assertThat(told(next())).isEqualTo("DELETED a");
  }

  @Test
  void bookmarksTellHowFarItHasCome() throws IOException {
    var begin = create("a");
    watch("&allowWatchBookmarks=true&timeoutSeconds=3&resourceVersion=" + begin);
    server.resources.create(
        ResourceTypes.NAMESPACE,
        "",
        (ObjectNode)
            Json.parse("{\"metadata\":{\"name\":\"other\"}}".getBytes(StandardCharsets.UTF_8)),
        WriteOptions.DEFAULT);
    var event = next();
    assertThat(Json.text(event, "type")).isEqualTo("BOOKMARK");
    assertThat(Json.text(event, "object", "kind")).isEqualTo("Node");
    assertThat(version(event)).isEqualTo(begin + 1);
    var last = event;
    for (var more = nextOrEnd(); more != null; more = nextOrEnd()) {
      last = more;
    }
    assertThat(Json.text(last, "type")).isEqualTo("BOOKMARK");
    assertThat(wire.get("/livez").code()).as("the connection is kept").isEqualTo(200);
  }

  @Test
  void itEndsInTimeWithoutBookmarksThatNobodyAskedFor() throws IOException {
    watch("&timeoutSeconds=1");
    assertThat(nextOrEnd()).isNull();
  }

  @Test
  void initialEventsEndWithAMark() throws IOException {
    create("a");
    var last = create("b");
    watch("&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan");
    assertThat(told(next())).isEqualTo("ADDED a");
    assertThat(told(next())).isEqualTo("ADDED b");
    var mark = next();
    assertThat(Json.text(mark, "type")).isEqualTo("BOOKMARK");
    assertThat(version(mark)).isEqualTo(last);
    assertThat(Json.text(mark, "object", "metadata", "annotations", "k8s.io/initial-events-end"))
        .isEqualTo("true");
    create("c");
    var event = next();
    while (Json.text(event, "type").equals("BOOKMARK")) {
      event = next();
    }
    assertThat(told(event)).isEqualTo("ADDED c");
  }

  @Test
  void initialEventsNeedBookmarks() throws IOException {
    var reply = wire.get(NODES + "&sendInitialEvents=true");
    assertThat(reply.code()).isEqualTo(400);
    assertThat(reply.body()).contains("allowWatchBookmarks=true");
  }

  @Test
  void aVersionThatIsNoLongerKeptIsGone() throws IOException {
    var old = create("a");
    server.store.compact(create("b"));
    var reply = wire.get(NODES + "&resourceVersion=" + old);
    assertThat(reply.code()).isEqualTo(410);
    assertThat(reply.body()).contains("\"reason\":\"Expired\"");
    assertThat(wire.get(NODES + "&resourceVersion=x").code()).isEqualTo(400);
  }

  @Test
  void historyThatGoesUnderAWatchIsAnErrorEvent() throws IOException {
    var begin = create("a");
    watch("&resourceVersion=" + begin);
    await().until(() -> server.store.feeds().size() == 1);
    server.store.feeds().getFirst().fail(new StoreException.Compacted(begin, begin + 1));
    var event = next();
    assertThat(Json.text(event, "type")).isEqualTo("ERROR");
    assertThat(event.path("object").path("code").asInt()).isEqualTo(410);
    assertThat(nextOrEnd()).isNull();
  }

  @Test
  void tablesTellTheirColumnsOnce() throws IOException {
    var begin = create("a");
    watch("&resourceVersion=" + begin, TABLE);
    create("b");
    create("c");
    var first = next().path("object");
    assertThat(Json.text(first, "kind")).isEqualTo("Table");
    assertThat(first.path("columnDefinitions")).isNotEmpty();
    assertThat(Json.text(first.path("rows").path(0), "object", "metadata", "name")).isEqualTo("b");
    var second = next().path("object");
    assertThat(second.path("columnDefinitions").isArray()).isTrue();
    assertThat(second.path("columnDefinitions")).isEmpty();
    assertThat(second.path("rows")).hasSize(1);
  }

  @Test
  void aSlowClientIsCutAndResumesWithoutLoss() throws IOException {
    var text = "x".repeat(1000);
    var begin = create("first");
    watch("&resourceVersion=" + begin);
    for (var i = 0; i < 4000; i++) {
      create("n%04d".formatted(i), text);
    }
    assertThat(server.store.feeds()).as("the watch was given up").isEmpty();
    var seen = 0;
    var last = begin;
    for (var event = nextOrEnd(); event != null; event = nextOrEnd()) {
      assertThat(told(event)).isEqualTo("ADDED n%04d".formatted(seen));
      assertThat(version(event)).isGreaterThan(last);
      last = version(event);
      seen++;
    }
    assertThat(seen).isLessThan(4000);
    watch("&resourceVersion=" + last);
    for (; seen < 4000; seen++) {
      assertThat(told(next())).isEqualTo("ADDED n%04d".formatted(seen));
    }
  }

  @Test
  void manyWatchersSeeEverything() throws IOException {
    var begin = create("first");
    var watchers = new ArrayDeque<Wire>();
    for (var i = 0; i < 50; i++) {
      var one = Wire.open(server.socket());
      watchers.add(one);
      one.request("GET", NODES + "&resourceVersion=" + begin, "");
      assertThat(one.head().code()).isEqualTo(200);
    }
    for (var i = 0; i < 100; i++) {
      create("n" + i);
    }
    for (var one : watchers) {
      var lines = 0L;
      while (lines < 100) {
        lines += new String(one.chunk(), StandardCharsets.UTF_8).lines().count();
      }
      assertThat(lines).isEqualTo(100);
      one.close();
    }
    await().atMost(Duration.ofSeconds(10)).until(() -> server.store.feeds().isEmpty());
    assertThat(server.resources.list(ResourceTypes.NODE, "", ListOptions.ALL).objects())
        .hasSize(101);
  }
}
