package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Request;
import dev.berth.api.rest.Discovery.GroupVersion;
import dev.berth.api.rest.Operation.Weight;
import dev.berth.core.explain.Explanations;
import dev.berth.core.model.Json;
import dev.berth.core.node.NodeAccess;
import dev.berth.core.registry.Resources;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Every path that is served, and what is done there. */
public final class Routes {
  private final ResourceRoutes objects;
  private final Discovery discovery = new Discovery();
  private final OpenApi openApi;
  private final String version;
  private final Supplier<byte[]> metrics;
  private final Supplier<List<String>> unready;

  /**
   * @param explanations who can say why something waits; empty where nothing is decided
   * @param version of this program
   * @param metrics the text that {@code /metrics} gives
   * @param unready what is missing before everything can be served, each a sentence; empty when
   *     nothing is
   * @param bookmarkPeriod how often a watch tells how far it has come
   */
  public Routes(
      Resources resources,
      NodeAccess nodes,
      Optional<Explanations> explanations,
      InstantSource clock,
      String version,
      Supplier<byte[]> metrics,
      Supplier<List<String>> unready,
      Duration bookmarkPeriod) {
    this.objects =
        new ResourceRoutes(
            resources,
            new PodRoutes(resources, nodes.containers(), clock),
            new NodeRoutes(resources, nodes),
            new ExplainRoutes(resources, explanations),
            new WatchRoutes(resources, clock, bookmarkPeriod),
            clock);
    this.openApi = new OpenApi(discovery, version);
    this.version = version;
    this.metrics = metrics;
    this.unready = unready;
  }

  /** What a request is; rejected when nothing is served there. */
  Operation route(Request request) {
    var path = request.target().segments();
    if (path.isEmpty()) {
      throw StatusBody.unknownPath();
    }
    var rest = path.subList(1, path.size());
    return switch (path.getFirst()) {
      case "api" -> api(request, "", rest);
      case "apis" -> apis(request, rest);
      case "openapi" -> openApi(request, rest);
      case "version" -> only(request, rest, Weight.FREE, () -> version());
      case "livez" -> only(request, rest, Weight.FREE, () -> Answer.text(200, "ok"));
      case "readyz", "healthz" -> only(request, rest, Weight.FREE, this::readiness);
      case "metrics" -> only(request, rest, Weight.REQUEST, this::metrics);
      default -> throw StatusBody.unknownPath();
    };
  }

  private Operation apis(Request request, List<String> rest) {
    return switch (rest.size()) {
      case 0 -> read(request, "apis", () -> discovery.groups(request));
      case 1 -> read(request, "apis", () -> discovery.group(rest.getFirst()));
      default -> api(request, rest.getFirst(), rest.subList(1, rest.size()));
    };
  }

  /**
   * @param rest what follows after the group: a version and a path below it
   */
  private Operation api(Request request, String group, List<String> rest) {
    if (rest.isEmpty()) {
      return read(request, "api", () -> discovery.core(request));
    }
    var of = new GroupVersion(group, rest.getFirst());
    var below = rest.subList(1, rest.size());
    if (below.isEmpty()) {
      return read(request, "api", () -> discovery.resources(of));
    }
    var review = AccessReviews.at(of, below);
    if (review.isPresent()) {
      require(request, "POST");
      var asked = review.get();
      return new Operation(
          "create", asked.name(), Weight.REQUEST, () -> AccessReviews.answer(request, asked));
    }
    return objects.route(request, group, of.version(), below);
  }

  private Operation openApi(Request request, List<String> rest) {
    if (rest.equals(List.of("v2"))) {
      return read(request, "openapi", () -> openApi.old(request));
    }
    if (rest.isEmpty() || !rest.getFirst().equals("v3")) {
      throw StatusBody.unknownPath();
    }
    var below = rest.subList(1, rest.size());
    return read(
        request, "openapi", () -> below.isEmpty() ? openApi.index() : openApi.document(below));
  }

  private static Operation read(Request request, String resource, Operation.Action action) {
    require(request, "GET");
    return new Operation("get", resource, Weight.REQUEST, action);
  }

  private static Operation only(
      Request request, List<String> rest, Weight weight, Operation.Action action) {
    if (!rest.isEmpty()) {
      throw StatusBody.unknownPath();
    }
    require(request, "GET");
    return new Operation("get", request.target().segments().getFirst(), weight, action);
  }

  private static void require(Request request, String method) {
    if (!request.method().equals(method)) {
      throw StatusBody.methodNotAllowed();
    }
  }

  private Answer readiness() {
    var missing = unready.get();
    return missing.isEmpty()
        ? Answer.text(200, "ok")
        : Answer.text(503, String.join("\n", missing) + "\n").with("retry-after", "1");
  }

  private Answer metrics() {
    return new Answer.Whole(
        200, "text/plain; version=0.0.4; charset=utf-8", List.of(), metrics.get());
  }

  /** In the form of Kubernetes; the version is that of the API that is spoken. */
  private Answer version() {
    var body = Json.object();
    body.put("major", "1");
    body.put("minor", "32");
    body.put("gitVersion", "v1.32.0+berth." + version);
    body.put("gitCommit", "");
    body.put("gitTreeState", "clean");
    body.put("buildDate", "");
    body.put("goVersion", "");
    body.put("compiler", "");
    body.put("platform", "linux/amd64");
    return Answer.json(200, Json.write(body));
  }
}
