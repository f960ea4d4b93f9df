package dev.berth.api.http;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A connection that carries messages both ways. */
public interface WebSocket {

  /** The subprotocol that both sides speak. */
  String subprotocol();

  /**
   * Waits for the next message.
   *
   * @return null when the client has closed or is gone, or the server stops
   */
  byte @Nullable [] receive() throws InterruptedException;

  /**
   * Sends a binary message; waits as long as the client takes no more, up to {@link Limits#send}.
   *
   * @param message not changed by the caller afterwards
   * @throws IOException when the client is gone or takes too long
   */
  void send(byte[] message) throws IOException;

  /** See {@link Sink#onEnd}. */
  void onEnd(Runnable end);
}
