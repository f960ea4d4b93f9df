package dev.berth.api.http;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A whole request.
 *
 * @param body empty when there was none
 */
public record Request(
    String method, Target target, HttpHeaders headers, byte[] body, Caller caller) {

  /** The first value of a header, null when it was not sent. */
  public @Nullable String header(CharSequence name) {
    return headers.get(name);
  }
}
