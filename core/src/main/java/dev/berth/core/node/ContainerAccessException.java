package dev.berth.core.node;

import org.jspecify.annotations.Nullable;

/** Why a container could not be reached. The message is written for the person who asked. */
public final class ContainerAccessException extends Exception {

  /** What kind of failure it is, so that the caller can choose the answer. */
  public enum Reason {
    /** The node knows no such container (never started, or removed). */
    NOT_FOUND,
    /** The container exists but does not run. */
    NOT_RUNNING,
    /** The command could not be started in the container: no such file, not executable. */
    CANNOT_START,
    /** Too many sessions are open on this node: try again later. */
    BUSY,
    /** The node failed; the message says how. */
    FAULT
  }

  private final Reason reason;

  public ContainerAccessException(Reason reason, String message) {
    this(reason, message, null);
  }

  public ContainerAccessException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
