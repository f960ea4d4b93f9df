package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Request;
import dev.berth.api.http.Target;
import dev.berth.api.rest.Operation.Weight;
import dev.berth.core.model.Container;
import dev.berth.core.model.Json;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.node.ContainerAccess;
import dev.berth.core.node.ContainerAccessException;
import dev.berth.core.node.ContainerTarget;
import dev.berth.core.node.ExecCommand;
import dev.berth.core.node.LogQuery;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.Status;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The insides of pods: what their containers write, and commands in them. */
final class PodRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(PodRoutes.class);
  private static final String DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container";
  private static final int PIECE = 32 << 10;

  private final Resources resources;
  private final ContainerAccess containers;
  private final InstantSource clock;

  PodRoutes(Resources resources, ContainerAccess containers, InstantSource clock) {
    this.resources = resources;
    this.containers = containers;
    this.clock = clock;
  }

  Operation route(Request request, ResourcePath.Item path) {
    var get = request.method().equals("GET");
    var exec = path.subresource().equals("exec");
    if (!get && !(exec && request.method().equals("POST"))) {
      throw StatusBody.methodNotAllowed();
    }
    return ResourceRoutes.operation(
        exec ? "connect" : "get",
        ResourceTypes.POD,
        path.subresource(),
        Weight.STREAM,
        () -> exec ? exec(request, path) : logs(request, path));
  }

  private Answer logs(Request request, ResourcePath.Item path) {
    var query = logQuery(request.target());
    var pod = pod(path);
    var container = container(pod, request.target());
    if (pod.nodeName().isEmpty()) {
      throw StatusBody.badRequest(
          "container \"%s\" in pod \"%s\" is waiting to start: the pod has not been given to a node"
              .formatted(container, path.name()));
    }
    var stream = open(target(pod, container), query);
    return new Answer.Streamed(
        200,
        "text/plain",
        List.of(),
        sink -> {
          sink.onEnd(() -> Thread.startVirtualThread(() -> close(stream)));
          var piece = new byte[PIECE];
          for (var n = stream.read(piece); n >= 0; n = stream.read(piece)) {
            sink.write(Arrays.copyOf(piece, n));
          }
        },
        () -> close(stream));
  }

  private InputStream open(ContainerTarget target, LogQuery query) {
    try {
      return containers.logs(target, query);
    } catch (ContainerAccessException refused) {
      throw rejection(refused);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while opening a log", interrupted);
    }
  }

  private static void close(InputStream stream) {
    try {
      stream.close();
    } catch (IOException failure) {
      LOG.debug("a log could not be closed: {}", failure.toString());
    }
  }

  private LogQuery logQuery(Target target) {
    var sinceSeconds = RequestOptions.number(target, "sinceSeconds");
    var sinceTime = RequestOptions.text(target, "sinceTime");
    if (sinceSeconds.isPresent() && sinceTime != null) {
      throw StatusBody.badRequest("at most one of sinceTime or sinceSeconds may be given");
    }
    return new LogQuery(
        target.flag("previous"),
        target.flag("follow"),
        atLeast(0, "tailLines", target),
        since(atLeast(1, "sinceSeconds", target), sinceTime),
        target.flag("timestamps"),
        atLeast(1, "limitBytes", target));
  }

  private @Nullable Instant since(OptionalLong seconds, @Nullable String time) {
    if (seconds.isPresent()) {
      return clock.instant().minusSeconds(Math.min(seconds.getAsLong(), Integer.MAX_VALUE));
    }
    try {
      return time == null ? null : OffsetDateTime.parse(time).toInstant();
    } catch (DateTimeParseException _) {
      throw StatusBody.badRequest("sinceTime must be a time as in RFC 3339, not \"" + time + "\"");
    }
  }

  private static OptionalLong atLeast(long least, String name, Target target) {
    var value = RequestOptions.number(target, name);
    if (value.isPresent() && value.getAsLong() < least) {
      throw StatusBody.badRequest(
          "%s must be at least %d, not %d".formatted(name, least, value.getAsLong()));
    }
    return value;
  }

  private Answer exec(Request request, ResourcePath.Item path) {
    var target = request.target();
    var argv = target.values("command");
    if (argv.isEmpty()) {
      throw StatusBody.badRequest("you must specify at least 1 command for the container");
    }
    var pod = pod(path);
    var container = container(pod, target);
    var phase = pod.status().phase();
    if ("Succeeded".equals(phase) || "Failed".equals(phase)) {
      throw StatusBody.badRequest(
          "cannot exec into a container in a completed pod; current phase is " + phase);
    }
    if (pod.nodeName().isEmpty()) {
      throw StatusBody.badRequest("pod %s does not have a host assigned".formatted(path.name()));
    }
    requireWebSocket(request);
    var command = new ExecCommand(argv, target.flag("stdin"), target.flag("tty"));
    return new Answer.Upgrade(
        ExecConversation.SUBPROTOCOLS,
        new ExecConversation(
            containers,
            target(pod, container),
            command,
            target.flag("stdout"),
            target.flag("stderr")),
        () -> {});
  }

  private static void requireWebSocket(Request request) {
    var upgrade = request.header("upgrade");
    var offered = request.header("sec-websocket-protocol");
    var speaks =
        offered != null
            && Stream.of(offered.split(","))
                .map(String::strip)
                .anyMatch(ExecConversation.SUBPROTOCOLS::contains);
    if (upgrade == null || !upgrade.toLowerCase(Locale.ROOT).equals("websocket") || !speaks) {
      throw StatusBody.badRequest(
          "exec is spoken over a WebSocket with subprotocol %s; use kubectl 1.29 or newer"
              .formatted(String.join(" or ", ExecConversation.SUBPROTOCOLS)));
    }
  }

  private Pod pod(ResourcePath.Item path) {
    var object = resources.get(ResourceTypes.POD, path.namespace(), path.name());
    return Json.view(object.document(), Pod.class);
  }

  private static ContainerTarget target(Pod pod, String container) {
    var metadata = pod.metadata();
    return new ContainerTarget(
        pod.nodeName(), metadata.namespace(), metadata.name(), metadata.uid(), container);
  }

  /** The container that a request means: the named one, the pod's default, or its only one. */
  private static String container(Pod pod, Target target) {
    var name = pod.metadata().name();
    var asked = RequestOptions.text(target, "container");
    var all =
        Stream.concat(pod.spec().containers().stream(), pod.spec().initContainers().stream())
            .map(Container::name)
            .toList();
    if (asked != null) {
      if (!all.contains(asked)) {
        throw StatusBody.badRequest("container %s is not valid for pod %s".formatted(asked, name));
      }
      return asked;
    }
    var named = pod.metadata().annotations().get(DEFAULT_CONTAINER);
    if (named != null && all.contains(named)) {
      return named;
    }
    if (pod.spec().containers().size() != 1) {
      throw StatusBody.badRequest(
          "a container name must be specified for pod %s, choose one of: [%s]%s"
              .formatted(
                  name, names(pod.spec().containers()), initChoice(pod.spec().initContainers())));
    }
    return pod.spec().containers().getFirst().name();
  }

  private static String initChoice(List<Container> containers) {
    return containers.isEmpty()
        ? ""
        : " or one of the init containers: [%s]".formatted(names(containers));
  }

  private static String names(List<Container> containers) {
    return containers.stream().map(Container::name).collect(Collectors.joining(" "));
  }

  static Rejection rejection(ContainerAccessException refused) {
    return new Rejection(status(refused));
  }

  static Status status(ContainerAccessException refused) {
    var message = String.valueOf(refused.getMessage());
    return switch (refused.reason()) {
      case NOT_FOUND -> new Status(404, "NotFound", message, null);
      case NOT_RUNNING -> new Status(400, "BadRequest", message, null);
      case CANNOT_START -> new Status(500, "InternalError", message, null);
      case BUSY -> StatusBody.retryLater(429, "TooManyRequests", message, 1);
      case FAULT -> new Status(500, "InternalError", message, null);
    };
  }
}
