package dev.berth.it.bench;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.net.ssl.SSLSocketFactory;

/** One kept-alive connection that asks and reads with as little work of its own as possible. */
final class ApiConnection implements Closeable {
  private final Closeable connection;
  private final InputStream in;
  private final OutputStream out;
  private final String headers;

  private ApiConnection(
      Closeable connection, InputStream in, OutputStream out, String authorization) {
    this.connection = connection;
    this.in = new BufferedInputStream(in, 64 << 10);
    this.out = out;
    this.headers =
        " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + authorization
            + "Content-Length: ";
  }

  static ApiConnection local(Path socket) throws IOException {
    var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
    return new ApiConnection(
        channel, Channels.newInputStream(channel), Channels.newOutputStream(channel), "");
  }

  static ApiConnection encrypted(SSLSocketFactory factory, int port, String token)
      throws IOException {
    var socket = factory.createSocket("127.0.0.1", port);
    socket.setTcpNoDelay(true);
    return new ApiConnection(
        socket,
        socket.getInputStream(),
        socket.getOutputStream(),
        "Authorization: Bearer " + token + "\r\n");
  }

  /** Sends a request and reads its whole answer; fails unless it has the expected code. */
  int call(int expected, String method, String target, byte[] body) throws IOException {
    send(method, target, body);
    var length = head(expected);
    if (length >= 0) {
      in.skipNBytes(length);
      return length;
    }
    var total = 0;
    for (var chunk = chunk(); chunk > 0; chunk = chunk()) {
      total += chunk;
    }
    return total;
  }

  void send(String method, String target, byte[] body) throws IOException {
    var head =
        (method + " " + target + headers + body.length + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    var request = new byte[head.length + body.length];
    System.arraycopy(head, 0, request, 0, head.length);
    System.arraycopy(body, 0, request, head.length, body.length);
    out.write(request);
    out.flush();
  }

  /** Reads the head of an answer; its length, or less than 0 when it comes in chunks. */
  int head(int expected) throws IOException {
    var status = line();
    if (!status.startsWith(Integer.toString(expected), "HTTP/1.1 ".length())) {
      throw new IOException("expected " + expected + ", found " + status);
    }
    var length = -1;
    for (var line = line(); !line.isEmpty(); line = line()) {
      if (line.regionMatches(true, 0, "content-length: ", 0, 16)) {
        length = Integer.parseInt(line.substring(16));
      }
    }
    return length;
  }

  /** Reads past a chunk; its length. */
  private int chunk() throws IOException {
    var length = Integer.parseInt(line(), 16);
    in.skipNBytes(length + 2L);
    return length;
  }

  /** Reads lines of a stream in chunks until so many have passed. */
  void lines(int wanted) throws IOException {
    for (var seen = 0; seen < wanted; ) {
      var length = Integer.parseInt(line(), 16);
      for (var octet : in.readNBytes(length)) {
        seen += octet == '\n' ? 1 : 0;
      }
      in.skipNBytes(2);
    }
  }

  private String line() throws IOException {
    var line = new StringBuilder(64);
    for (var c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the server closed the connection");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
