package dev.berth.bin.client;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/**
 * Speaks the Kubernetes API with a server over its unix socket. Every call is one request; a
 * failure is a {@link ClientException} that carries the server's own words.
 */
final class ApiClient {
  static final String JSON = "application/json";
  static final String TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
  static final String MERGE_PATCH = "application/merge-patch+json";

  private static final byte[] NOTHING = {};

  private final Path socket;

  ApiClient(Path socket) {
    this.socket = socket;
  }

  /**
   * The path of a collection, or of one of its objects.
   *
   * @param namespace null for all namespaces; ignored for kinds without namespaces
   */
  static String path(ResourceType type, @Nullable String namespace, @Nullable String name) {
    var path = new StringBuilder(type.group().isEmpty() ? "/api/" : "/apis/" + type.group() + "/");
    path.append(type.version());
    if (type.namespaced() && namespace != null) {
      path.append("/namespaces/").append(encode(namespace));
    }
    path.append('/').append(type.plural());
    if (name != null) {
      path.append('/').append(encode(name));
    }
    return path.toString();
  }

  /** Percent-encodes a component of a path or query. */
  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  ObjectNode get(String target, String accept) {
    return call("GET", target, accept, null, NOTHING);
  }

  /** The object, or nothing where there is none. */
  Optional<ObjectNode> find(String target) {
    try (var answer = open("GET", target, JSON, null, NOTHING)) {
      if (answer.code() == 404) {
        return Optional.empty();
      }
      return Optional.of(read(answer));
    } catch (IOException e) {
      throw lost(e);
    }
  }

  ObjectNode post(String target, ObjectNode body) {
    return call("POST", target, JSON, JSON, Json.write(body));
  }

  ObjectNode patch(String target, String contentType, ObjectNode body) {
    return call("PATCH", target, JSON, contentType, Json.write(body));
  }

  ObjectNode delete(String target, ObjectNode options) {
    return call("DELETE", target, JSON, JSON, Json.write(options));
  }

  /**
   * Follows a watch until the server ends it or {@code more} says that it was enough.
   *
   * @return whether {@code more} ended it
   */
  boolean watch(String target, String accept, Predicate<ObjectNode> more) {
    try (var answer = open("GET", target, accept, null, NOTHING)) {
      if (!answer.ok()) {
        read(answer);
      }
      var lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isBlank()) {
          continue;
        }
        var event = Json.parseObject(line.getBytes(StandardCharsets.UTF_8));
        if (event.path("type").asString("").equals("ERROR")) {
          throw ClientException.failed(message(event.path("object").path("message").asString("")));
        }
        if (!more.test(event)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw lost(e);
    }
  }

  /** The open answer of a request, for streams; the caller closes it. */
  UnixHttp.Answer stream(String target) {
    var answer = open("GET", target, "*/*", null, NOTHING);
    try {
      if (!answer.ok()) {
        read(answer);
      }
      return answer;
    } catch (IOException e) {
      throw lost(e);
    }
  }

  /**
   * The open answer to a request to speak WebSocket.
   *
   * @throws ClientException when the server will not
   */
  UnixHttp.Answer upgrade(String target, Map<String, String> headers) {
    var answer = open(new UnixHttp.Request("GET", target, headers, NOTHING));
    try {
      if (answer.code() != 101) {
        read(answer);
        throw ClientException.failed(
            "expected the server to switch to WebSocket, found " + answer.code());
      }
      return answer;
    } catch (IOException e) {
      throw lost(e);
    }
  }

  private ObjectNode call(
      String method, String target, String accept, @Nullable String contentType, byte[] body) {
    try (var answer = open(method, target, accept, contentType, body)) {
      return read(answer);
    } catch (IOException e) {
      throw lost(e);
    }
  }

  private UnixHttp.Answer open(
      String method, String target, String accept, @Nullable String contentType, byte[] body) {
    var headers =
        contentType == null
            ? Map.of("Accept", accept)
            : Map.of("Accept", accept, "Content-Type", contentType);
    return open(new UnixHttp.Request(method, target, headers, body));
  }

  private UnixHttp.Answer open(UnixHttp.Request request) {
    try {
      return UnixHttp.send(socket, request);
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private ClientException unreachable(IOException cause) {
    if (!Files.exists(socket)) {
      return ClientException.failed(
          "no server listens at "
              + socket
              + ": start one (berth server), or name another socket with --socket or BERTH_SOCKET");
    }
    if (!Files.isWritable(socket)) {
      return ClientException.failed("the socket " + socket + " is for root only: use sudo");
    }
    return ClientException.failed(
        "cannot reach the server at " + socket + " (" + cause.getMessage() + "): does it run?");
  }

  private static ClientException lost(IOException cause) {
    return ClientException.failed("the connection to the server broke: " + cause.getMessage());
  }

  private static ObjectNode read(UnixHttp.Answer answer) throws IOException {
    var bytes = answer.body().readAllBytes();
    ObjectNode body;
    try {
      body = Json.parseObject(bytes);
    } catch (JacksonException e) {
      throw ClientException.failed(
          "the server answered "
              + answer.code()
              + (bytes.length == 0 ? "" : ": " + new String(bytes, StandardCharsets.UTF_8)));
    }
    if (!answer.ok()) {
      var reason = body.path("reason").asString("");
      throw ClientException.failed(
          "Error from server"
              + (reason.isEmpty() ? "" : " (" + reason + ")")
              + ": "
              + message(body.path("message").asString("")));
    }
    return body;
  }

  private static String message(String message) {
    return message.isEmpty() ? "no reason given" : message;
  }
}
