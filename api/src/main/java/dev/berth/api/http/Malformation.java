package dev.berth.api.http;

import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import org.jspecify.annotations.Nullable;

/** Why what came in is no request that can be read on after. */
record Malformation(int code, String reason, String message) {

  static final Malformation BODY =
      new Malformation(400, "BadRequest", "the request's body is not framed as its headers say");

  /** What is wrong with a request's line and headers; null when nothing is. */
  static @Nullable Malformation of(HttpRequest head) {
    if (head.decoderResult().isFailure()) {
      return switch (head.decoderResult().cause()) {
        case TooLongHttpLineException _ ->
            new Malformation(414, "RequestURITooLong", "the request line is too long");
        case TooLongHttpHeaderException _ ->
            new Malformation(
                431, "RequestHeaderFieldsTooLarge", "the request's headers are too large");
        case Throwable cause ->
            new Malformation(
                400, "BadRequest", "this is not an HTTP request: " + cause.getMessage());
      };
    }
    var version = head.protocolVersion();
    return version.equals(HttpVersion.HTTP_1_1) || version.equals(HttpVersion.HTTP_1_0)
        ? null
        : new Malformation(
            505, "HTTPVersionNotSupported", "HTTP/1.1 is spoken here, not " + version);
  }
}
