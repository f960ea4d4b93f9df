package dev.berth.core.explain;

import dev.berth.core.model.Json;
import dev.berth.core.storage.ObjectKey;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/**
 * Why an object waits, or that it does not.
 *
 * @param about which object
 * @param waiting whether it waits for anything
 * @param summary one sentence
 * @param needed what it asks of whatever it is given, a phrase each
 * @param candidates what it could be given: those that fit, then those of which the least is
 *     wanting
 * @param left how many candidates there are beyond these
 * @param changes the smallest change that would help, all of it needed together; empty where
 *     nothing is waited for, and where no single hand could make it
 * @param advice the same for a person, or what else to do; empty when nothing is waited for
 */
public record Explanation(
    ObjectKey about,
    boolean waiting,
    String summary,
    List<String> needed,
    List<Candidate> candidates,
    int left,
    List<Remedy> changes,
    String advice) {

  public Explanation {
    needed = List.copyOf(needed);
    candidates = List.copyOf(candidates);
    changes = List.copyOf(changes);
  }

  /**
   * A node or a volume, and what it has against the object.
   *
   * @param kind Node or PersistentVolume
   * @param reasons empty when it fits
   */
  public record Candidate(String kind, String name, List<Reason> reasons) {
    public Candidate {
      reasons = List.copyOf(reasons);
    }

    public boolean fits() {
      return reasons.isEmpty();
    }
  }

  /**
   * A rule that says no.
   *
   * @param rule its name, which does not change
   * @param needed what was needed; empty where the message says it all
   * @param found what was there
   * @param message for a person
   */
  public record Reason(String rule, String needed, String found, String message) {}

  /** It waits for nothing. */
  static Explanation settled(ObjectKey about, String summary) {
    return new Explanation(about, false, summary, List.of(), List.of(), 0, List.of(), "");
  }

  /** It waits for something else than a candidate. */
  static Explanation waiting(ObjectKey about, String summary, List<Remedy> changes, String advice) {
    return new Explanation(about, true, summary, List.of(), List.of(), 0, changes, advice);
  }

  /** As the API answers it. */
  public ObjectNode document() {
    var body = Json.object();
    body.put("kind", "Explanation");
    body.put("apiVersion", "berth.dev/v1");
    var object = body.putObject("object").put("resource", about.resource());
    if (!about.namespace().isEmpty()) {
      object.put("namespace", about.namespace());
    }
    object.put("name", about.name());
    body.put("waiting", waiting);
    body.put("summary", summary);
    needed.forEach(body.putArray("needed")::add);
    var list = body.putArray("candidates");
    for (var candidate : candidates) {
      var item = list.addObject();
      item.put("kind", candidate.kind()).put("name", candidate.name());
      item.put("fits", candidate.fits());
      var reasons = item.putArray("reasons");
      for (var reason : candidate.reasons()) {
        reasons
            .addObject()
            .put("rule", reason.rule())
            .put("needed", reason.needed())
            .put("found", reason.found())
            .put("message", reason.message());
      }
    }
    body.put("candidatesLeft", left);
    var smallest = body.putArray("smallestChange");
    changes.forEach(change -> smallest.add(change.document()));
    body.put("advice", advice);
    return body;
  }
}
