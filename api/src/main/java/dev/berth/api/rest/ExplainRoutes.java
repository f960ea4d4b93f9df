package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Request;
import dev.berth.api.rest.Operation.Weight;
import dev.berth.core.explain.Explanation;
import dev.berth.core.explain.Explanations;
import dev.berth.core.model.Json;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Rejections;
import dev.berth.core.registry.Resources;
import dev.berth.core.storage.ObjectKey;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Why pods and claims wait. */
final class ExplainRoutes {
  private static final int CANDIDATES = 100;
  private static final int PATIENCE_SECONDS = 10;

  private final Resources resources;
  private final Optional<Explanations> explanations;

  ExplainRoutes(Resources resources, Optional<Explanations> explanations) {
    this.resources = resources;
    this.explanations = explanations;
  }

  Operation route(Request request, ResourcePath.Item path) {
    if (!request.method().equals("GET")) {
      throw StatusBody.methodNotAllowed();
    }
    return ResourceRoutes.operation(
        "get",
        path.type(),
        path.subresource(),
        Weight.REQUEST,
        () -> Answer.json(200, Json.write(explain(request, path).document())));
  }

  private Explanation explain(Request request, ResourcePath.Item path) {
    var asked = RequestOptions.list(request.target()).limit();
    if (asked > Explanations.MOST_CANDIDATES) {
      throw StatusBody.badRequest(
          "limit must be at most %d: %d".formatted(Explanations.MOST_CANDIDATES, asked));
    }
    var decider = explanations.orElseThrow(() -> unavailable("nothing is decided by this server"));
    var object = resources.get(path.type(), path.namespace(), path.name());
    var key = new ObjectKey(path.type().plural(), path.namespace(), path.name());
    var answer = decider.of(key, object.revision(), asked == 0 ? CANDIDATES : asked);
    try {
      return answer
          .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .orElseThrow(() -> Rejections.notFound(path.type(), path.name()));
    } catch (TimeoutException e) {
      answer.cancel(false);
      throw unavailable("the decider has other things to do, or does not decide at the moment");
    } catch (CancellationException e) {
      throw unavailable("the decider has ended");
    } catch (ExecutionException e) {
      throw new IllegalStateException("explaining " + key, e.getCause());
    } catch (InterruptedException e) {
      answer.cancel(false);
      Thread.currentThread().interrupt();
      throw unavailable("the server stops");
    }
  }

  private static Rejection unavailable(String message) {
    return new Rejection(StatusBody.retryLater(503, "ServiceUnavailable", message, 5));
  }
}
