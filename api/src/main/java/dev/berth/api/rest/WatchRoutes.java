package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Request;
import dev.berth.core.model.ResourceType;
import dev.berth.core.registry.ListOptions;
import dev.berth.core.registry.ResourcePage;
import dev.berth.core.registry.ResourceWatch;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WatchOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Requests to follow what happens to objects. */
final class WatchRoutes {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(60);
  private static final Duration LONGEST_TIMEOUT = Duration.ofHours(24);

  private final Resources resources;
  private final InstantSource clock;
  private final Duration bookmarkPeriod;

  WatchRoutes(Resources resources, InstantSource clock, Duration bookmarkPeriod) {
    this.resources = resources;
    this.clock = clock;
    this.bookmarkPeriod = bookmarkPeriod;
  }

  /** Begins a watch; what can be rejected is rejected now. */
  Answer watch(Request request, ResourceType type, @Nullable String namespace) {
    var target = request.target();
    var printer = new Printer(type, ResourceRoutes.rendering(request), clock);
    var timeout = timeout(request);
    var labels = RequestOptions.text(target, "labelSelector");
    var fields = RequestOptions.text(target, "fieldSelector");
    var bookmarks = target.flag("allowWatchBookmarks");
    if (target.flag("sendInitialEvents")) {
      requireInitialEvents(request, bookmarks);
      var present =
          resources.list(type, namespace, new ListOptions(labels, fields, 0, null, null, null));
      var after = Long.toString(present.revision());
      var watch = resources.watch(type, namespace, null, new WatchOptions(labels, fields, after));
      return answer(watch, present, printer, true, timeout);
    }
    var version = RequestOptions.text(target, "resourceVersion");
    var watch = resources.watch(type, namespace, null, new WatchOptions(labels, fields, version));
    return answer(watch, null, printer, bookmarks, timeout);
  }

  private static void requireInitialEvents(Request request, boolean bookmarks) {
    var match = request.target().parameter("resourceVersionMatch");
    if (!bookmarks || !"NotOlderThan".equals(match)) {
      throw StatusBody.badRequest(
          "sendInitialEvents needs allowWatchBookmarks=true and resourceVersionMatch=NotOlderThan");
    }
  }

  private static Duration timeout(Request request) {
    var seconds = RequestOptions.number(request.target(), "timeoutSeconds").orElse(0);
    return seconds <= 0
        ? DEFAULT_TIMEOUT
        : Duration.ofSeconds(Math.min(seconds, LONGEST_TIMEOUT.toSeconds()));
  }

  private Answer answer(
      ResourceWatch watch,
      @Nullable ResourcePage present,
      Printer printer,
      boolean bookmarks,
      Duration timeout) {
    return new Answer.Streamed(
        200,
        Answer.JSON,
        List.of(),
        sink -> {
          var stream = new WatchStream(watch, printer, bookmarks, bookmarkPeriod, timeout, sink);
          if (present != null) {
            stream.initial(present);
          }
          stream.run();
        },
        watch::close);
  }
}
