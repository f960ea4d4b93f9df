package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Caller;
import dev.berth.api.http.Handler;
import dev.berth.api.http.Limits;
import dev.berth.api.http.Request;
import dev.berth.api.http.Target;
import dev.berth.core.observe.Meters;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Status;
import dev.berth.core.storage.StoreException;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of every request: who asks, what for, is there room, and how did it end. What goes wrong
 * is told as a Status, whatever it is.
 */
public final class ApiHandler implements Handler {
  private static final Logger LOG = LoggerFactory.getLogger(ApiHandler.class);

  /** The verb and resource, in metrics, of what is neither. */
  private static final String NONE = "";

  /** What everybody may ask. */
  private static final Set<String> PUBLIC = Set.of("livez", "readyz", "healthz", "version");

  private final Routes routes;
  private final Semaphore requests;
  private final Semaphore streams;
  private final Meters.Counter counter;
  private final Meters.Timer timer;

  public ApiHandler(Routes routes, Limits limits, Meters meters) {
    this.routes = routes;
    requests = new Semaphore(limits.requests());
    streams = new Semaphore(limits.streams());
    counter =
        meters.counter("berth_api_requests", "Requests answered.", "verb", "resource", "code");
    timer =
        meters.timer(
            "berth_api_request_seconds",
            "How long requests took, streams until they began.",
            "verb",
            "resource");
    meters.gauge(
        "berth_api_requests_in_flight",
        "Requests being handled, without streams.",
        () -> limits.requests() - requests.availablePermits());
    meters.gauge(
        "berth_api_streams",
        "Watches, logs and exec sessions that are open.",
        () -> limits.streams() - streams.availablePermits());
  }

  @Override
  public Answer.@Nullable Whole refuse(Target target, Caller caller) {
    var segments = target.segments();
    if (caller.isAdministrator() || (!segments.isEmpty() && PUBLIC.contains(segments.getFirst()))) {
      return null;
    }
    var refusal = refusal(target, caller);
    counter.add(1, NONE, NONE, Integer.toString(refusal.code()));
    return refusal;
  }

  private Answer.Whole refusal(Target target, Caller caller) {
    return switch (caller) {
      case Caller.Anonymous(), Caller.Impostor() -> failure(401, "Unauthorized", "Unauthorized", 0);
      case Caller.User(var name, var groups) ->
          failure(
              403,
              "Forbidden",
              "forbidden: User \"%s\" cannot use path \"%s\": only members of %s may"
                  .formatted(name, target.path(), Caller.ADMINISTRATORS),
              0);
    };
  }

  @Override
  public Answer.Whole failure(int code, String reason, String message, int retryAfterSeconds) {
    var status =
        retryAfterSeconds == 0
            ? new Status(code, reason, message, null)
            : StatusBody.retryLater(code, reason, message, retryAfterSeconds);
    return StatusBody.answer(status);
  }

  @Override
  public Answer handle(Request request) {
    var begin = System.nanoTime();
    var verb = NONE;
    var resource = NONE;
    Answer answer;
    try {
      var operation = routes.route(request);
      verb = operation.verb();
      resource = operation.resource();
      answer = admitted(operation);
    } catch (RuntimeException failure) {
      answer = failed(request, failure);
    }
    var nanos = System.nanoTime() - begin;
    counter.add(1, verb, resource, Integer.toString(answer.code()));
    timer.record(nanos, verb, resource);
    if (LOG.isDebugEnabled()) {
      LOG.debug(
          "{} {} {} {} ms {}",
          request.method(),
          request.target().path(),
          answer.code(),
          TimeUnit.NANOSECONDS.toMillis(nanos),
          request.caller() instanceof Caller.User(var name, var groups) ? name : "-");
    }
    return request.target().flag("pretty") ? Indenter.indented(answer) : answer;
  }

  private Answer admitted(Operation operation) {
    return switch (operation.weight()) {
      case FREE -> operation.action().run();
      case REQUEST -> within(requests, operation);
      case STREAM -> within(streams, operation);
    };
  }

  /** Runs an operation while it holds a permit; a stream goes on to hold it until it is over. */
  private Answer within(Semaphore bound, Operation operation) {
    if (!bound.tryAcquire()) {
      return failure(429, "TooManyRequests", "Too many requests, please try again later.", 1);
    }
    var kept = false;
    try {
      var answer = operation.action().run();
      return switch (answer) {
        case Answer.Whole whole -> whole;
        case Answer.Streamed(var code, var type, var headers, var body, var finished) -> {
          kept = true;
          yield new Answer.Streamed(code, type, headers, body, releasing(bound, finished));
        }
        case Answer.Upgrade(var subprotocols, var conversation, var finished) -> {
          kept = true;
          yield new Answer.Upgrade(subprotocols, conversation, releasing(bound, finished));
        }
      };
    } finally {
      if (!kept) {
        bound.release();
      }
    }
  }

  private static Runnable releasing(Semaphore bound, Runnable finished) {
    return () -> {
      bound.release();
      finished.run();
    };
  }

  private Answer failed(Request request, RuntimeException failure) {
    return switch (failure) {
      case Rejection rejection -> StatusBody.answer(rejection.status());
      case StoreException.Unavailable unavailable -> {
        LOG.warn("{} {}: {}", request.method(), request.target().path(), unavailable.getMessage());
        yield failure(503, "ServiceUnavailable", String.valueOf(unavailable.getMessage()), 1);
      }
      default -> {
        LOG.error("{} {} failed", request.method(), request.target().path(), failure);
        yield failure(500, "InternalError", "Internal error occurred: " + failure.getMessage(), 0);
      }
    };
  }
}
