package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Caller;
import dev.berth.api.http.Request;
import dev.berth.api.rest.Discovery.GroupVersion;
import dev.berth.api.rest.Discovery.Served;
import dev.berth.core.model.Json;
import dev.berth.core.registry.WriteOptions;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Answers what a caller is and may do: whoever gets as far as here may do everything. */
final class AccessReviews {
  private static final GroupVersion AUTHORIZATION = new GroupVersion("authorization.k8s.io", "v1");
  private static final GroupVersion AUTHENTICATION =
      new GroupVersion("authentication.k8s.io", "v1");

  /** The questions, as discovery tells them. */
  static final List<Served> SERVED =
      List.of(
          review(AUTHORIZATION, "SelfSubjectAccessReview"),
          review(AUTHORIZATION, "SelfSubjectRulesReview"),
          review(AUTHENTICATION, "SelfSubjectReview"));

  private AccessReviews() {}

  private static Served review(GroupVersion of, String kind) {
    var singular = kind.toLowerCase(Locale.ROOT);
    return new Served(
        singular + "s", singular, List.of(), false, of, kind, of, List.of("create"), List.of());
  }

  /** The question that is asked at a path, if it is one. */
  static Optional<Served> at(GroupVersion version, List<String> rest) {
    return SERVED.stream()
        .filter(review -> review.of().equals(version) && rest.equals(List.of(review.name())))
        .findFirst();
  }

  static Answer answer(Request request, Served review) {
    var asked =
        BodyChecks.object(request, review.of().toString(), review.kind(), WriteOptions.DEFAULT)
            .object();
    asked.set("status", status(review.kind(), request.caller()));
    return Answer.json(201, Json.write(asked));
  }

  private static ObjectNode status(String kind, Caller caller) {
    var status = Json.object();
    switch (kind) {
      case "SelfSubjectAccessReview" -> status.put("allowed", true);
      case "SelfSubjectRulesReview" -> {
        var rule = status.putArray("resourceRules").addObject();
        rule.putArray("verbs").add("*");
        rule.putArray("apiGroups").add("*");
        rule.putArray("resources").add("*");
        var other = status.putArray("nonResourceRules").addObject();
        other.putArray("verbs").add("*");
        other.putArray("nonResourceURLs").add("*");
        status.put("incomplete", false);
      }
      default -> {
        if (caller instanceof Caller.User(var name, var groups)) {
          var user = status.putObject("userInfo");
          user.put("username", name);
          var list = user.putArray("groups");
          groups.stream().sorted().forEach(list::add);
        }
      }
    }
    return status;
  }
}
