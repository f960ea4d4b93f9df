package dev.berth.core.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** One aspect of an object's state, and why it is so. */
public record Condition(
    String type,
    String status,
    String reason,
    String message,
    @Nullable Instant lastTransitionTime) {

  public Condition {
    type = Absent.text(type);
    status = Absent.text(status);
    reason = Absent.text(reason);
    message = Absent.text(message);
  }

  public boolean isTrue() {
    return status.equals("True");
  }
}
