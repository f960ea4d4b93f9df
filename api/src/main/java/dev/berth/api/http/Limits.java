package dev.berth.api.http;

import java.time.Duration;

/**
 * Every bound of the server and what happens at it. Sizes are in bytes.
 *
 * @param connections most open TCP connections; one more is closed at once
 * @param localConnections the same for the unix socket, so that root gets in when TCP is full
 * @param requestLine longest request line (exec carries its command there); longer: 414
 * @param headers most header bytes; more: 431
 * @param body largest request body; larger: 413
 * @param bodies all request bodies held at one moment; more: 429
 * @param pipelined most parts of further requests that wait behind the one being answered; more:
 *     the connection is closed
 * @param requests requests being handled at one moment, without streams; more: 429
 * @param streams watches, followed logs and exec sessions at one moment; more: 429
 * @param idle how long a user's connection may be without a request
 * @param head how long a request's line and headers may take to arrive, from their first byte; also
 *     how long a TLS handshake may take, and a connection of nobody known may be without a request
 * @param receive how long a request's body may take to arrive
 * @param send how long a client may take nothing of an answer
 * @param stop how long requests in progress may take when the server stops
 */
public record Limits(
    int connections,
    int localConnections,
    int requestLine,
    int headers,
    int body,
    long bodies,
    int pipelined,
    int requests,
    int streams,
    Duration idle,
    Duration head,
    Duration receive,
    Duration send,
    Duration stop) {

  public static final Limits DEFAULT =
      new Limits(
          1024,
          256,
          64 << 10,
          64 << 10,
          3 << 20,
          32L << 20,
          64,
          400,
          1000,
          Duration.ofMinutes(3),
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofSeconds(60),
          Duration.ofSeconds(3));
}
