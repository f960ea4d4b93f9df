package dev.berth.core.registry;

/** The caller's request cannot be done as it is; its {@link Status} says why and what to change. */
public final class Rejection extends RuntimeException {
  private final transient Status status;

  public Rejection(Status status) {
    super(status.message());
    this.status = status;
  }

  public Status status() {
    return status;
  }

  /** Whether the object is no longer as the caller knew it, another one by now, or gone. */
  public boolean isChangedOrGone() {
    return status.code() == 404 || status.code() == 409;
  }
}
