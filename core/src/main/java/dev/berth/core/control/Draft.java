package dev.berth.core.control;

import dev.berth.core.model.Event;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A plan in the making. */
public final class Draft {
  private final Map<ObjectKey, Transaction.Step> steps = new LinkedHashMap<>();
  private final List<Plan.Notice> notices = new ArrayList<>();

  /** Writes the edit, if it makes a difference; else requires only the version that was edited. */
  public Draft write(Edit edit) {
    return step(edit.toStep());
  }

  /** Adds a step; a second one for the same object replaces the first when it writes. */
  public Draft step(Transaction.Step step) {
    if (!(step instanceof Transaction.Check && steps.containsKey(step.key()))) {
      steps.put(step.key(), step);
    }
    return this;
  }

  /** Requires that the object is still at the version that was relied on. */
  public Draft relyOn(Observed<?> object) {
    return step(new Transaction.Check(object.key(), Expectation.at(object.revision())));
  }

  /** Requires that there is still no such object. */
  public Draft relyOnAbsence(ObjectKey key) {
    return step(new Transaction.Check(key, Expectation.absent()));
  }

  public Draft normal(Observed<?> object, String reason, String message) {
    notices.add(new Plan.Notice(object.reference(), Event.NORMAL, reason, message));
    return this;
  }

  public Draft warning(Observed<?> object, String reason, String message) {
    notices.add(new Plan.Notice(object.reference(), Event.WARNING, reason, message));
    return this;
  }

  /** Whether it writes anything. */
  public boolean writes() {
    return writeCount() > 0;
  }

  /** How many objects it writes. */
  public int writeCount() {
    var count = 0;
    for (var step : steps.values()) {
      if (!(step instanceof Transaction.Check)) {
        count++;
      }
    }
    return count;
  }

  public Plan whenever() {
    return plan(new Plan.Whenever());
  }

  public Plan at(Instant time) {
    return plan(new Plan.At(time));
  }

  public Plan relieved(Set<Plan.Relief> by) {
    return plan(new Plan.Relieved(by));
  }

  private Plan plan(Plan.Next next) {
    return new Plan(writes() ? List.copyOf(steps.values()) : List.of(), notices, next);
  }
}
