package dev.berth.api.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a request is answered with. */
public sealed interface Answer {

  String JSON = "application/json";
  String TEXT = "text/plain; charset=utf-8";

  record Header(String name, String value) {}

  /** HTTP's code of the answer. */
  int code();

  /** Everything at once. */
  record Whole(int code, String contentType, List<Header> headers, byte[] body) implements Answer {

    public Whole with(String name, String value) {
      var all = new ArrayList<>(headers);
      all.add(new Header(name, value));
      return new Whole(code, contentType, List.copyOf(all), body);
    }
  }

  /**
   * Bytes as they come.
   *
   * @param finished run once when it is over, also when it could not be begun
   */
  record Streamed(int code, String contentType, List<Header> headers, Body body, Runnable finished)
      implements Answer {}

  /**
   * No HTTP any more but messages both ways.
   *
   * @param subprotocols that are spoken, the preferred one first
   * @param finished run once when it is over, also when it could not be begun
   */
  record Upgrade(List<String> subprotocols, Conversation conversation, Runnable finished)
      implements Answer {
    @Override
    public int code() {
      return 101;
    }
  }

  /**
   * Writes the body of an answer, on the request's thread. What it throws breaks the stream off.
   */
  interface Body {
    void writeTo(Sink sink) throws IOException, InterruptedException;
  }

  /** Talks over a WebSocket, on the request's thread; the socket is closed when it returns. */
  interface Conversation {
    void hold(WebSocket socket) throws IOException, InterruptedException;
  }

  static Whole json(int code, byte[] body) {
    return new Whole(code, JSON, List.of(), body);
  }

  static Whole text(int code, String body) {
    return new Whole(code, TEXT, List.of(), body.getBytes(StandardCharsets.UTF_8));
  }
}
