package dev.berth.api.http;

import java.io.IOException;

/** Takes the bytes of a streamed answer. */
public interface Sink {

  /**
   * Sends bytes; waits as long as the client takes no more, up to {@link Limits#send}.
   *
   * @param bytes not changed by the caller afterwards
   * @throws IOException when the client is gone or takes too long
   */
  void write(byte[] bytes) throws IOException;

  /**
   * Names what to run, once, when nothing more is wanted: the client is gone or the server stops.
   * Runs at once when that is so already. It runs on an event loop: it must only hand over.
   */
  void onEnd(Runnable end);

  /** Whether nothing more is wanted. */
  boolean ending();
}
