package dev.berth.api.http;

import org.jspecify.annotations.Nullable;

/** Answers requests. */
public interface Handler {

  /**
   * Called on the request's own thread, which may wait. Failures are answers, too: what it throws
   * is a fault of the program.
   */
  Answer handle(Request request);

  /**
   * Whether the request is refused before its body is read: called on an event loop, so it only
   * looks.
   *
   * @return null to go on
   */
  Answer.@Nullable Whole refuse(Target target, Caller caller);

  /** The answer to what is not a request that can be handled: a Status. */
  Answer.Whole failure(int code, String reason, String message, int retryAfterSeconds);
}
