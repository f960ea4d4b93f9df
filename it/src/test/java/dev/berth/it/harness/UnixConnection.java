package dev.berth.it.harness;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Predicate;

/** One kept-alive HTTP/1.1 connection to a server's unix socket, for one thread. */
public final class UnixConnection implements Closeable {
  private final SocketChannel channel;
  private final InputStream in;

  public UnixConnection(Path socket) throws IOException {
    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    in = new BufferedInputStream(Channels.newInputStream(channel), 64 * 1024);
  }

  /** An answer, read to its end. */
  public record Reply(int code, String body) {}

  /** Sends one request on a connection of its own. */
  public static Reply once(Path socket, String method, String target, String type, String body)
      throws IOException {
    try (var connection = new UnixConnection(socket)) {
      return connection.call(method, target, type, body);
    }
  }

  /**
   * @param type of the body; ignored when that is empty
   */
  public Reply call(String method, String target, String type, String body) throws IOException {
    send(method, target, type, body);
    var head = head();
    return new Reply(
        head.code,
        head.chunked ? chunks() : new String(exactly(head.length), StandardCharsets.UTF_8));
  }

  /**
   * Hands over every line of an answer as it comes, a watch for example, until {@code line} says
   * that it is enough; nothing else can be asked on this connection afterwards.
   */
  public void follow(String target, Predicate<String> line) throws IOException {
    send("GET", target, "", "");
    head();
    var rest = "";
    for (var size = chunkSize(); size > 0; size = chunkSize()) {
      rest += new String(exactly(size), StandardCharsets.UTF_8);
      line();
      for (var end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
        if (line.test(rest.substring(0, end))) {
          return;
        }
        rest = rest.substring(end + 1);
      }
    }
  }

  private record Head(int code, int length, boolean chunked) {}

  private void send(String method, String target, String type, String body) throws IOException {
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    var head =
        method
            + " "
            + target
            + " HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
            + (bytes.length == 0 ? "" : "Content-Type: " + type + "\r\n")
            + "Content-Length: "
            + bytes.length
            + "\r\n\r\n";
    var request = ByteBuffer.allocate(head.length() + bytes.length);
    request.put(head.getBytes(StandardCharsets.US_ASCII)).put(bytes).flip();
    while (request.hasRemaining()) {
      channel.write(request);
    }
  }

  private Head head() throws IOException {
    var code = Integer.parseInt(line().substring(9, 12));
    var length = 0;
    var chunked = false;
    for (var line = line(); !line.isEmpty(); line = line()) {
      var lower = line.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(15).strip());
      }
      chunked |= lower.startsWith("transfer-encoding:") && lower.contains("chunked");
    }
    return new Head(code, length, chunked);
  }

  private String chunks() throws IOException {
    var body = new ByteArrayOutputStream();
    for (var size = chunkSize(); size > 0; size = chunkSize()) {
      body.writeBytes(exactly(size));
      line();
    }
    line();
    return body.toString(StandardCharsets.UTF_8);
  }

  private int chunkSize() throws IOException {
    return Integer.parseInt(line().strip(), 16);
  }

  private byte[] exactly(int length) throws IOException {
    var bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("the server closed the connection in the middle of its answer");
    }
    return bytes;
  }

  private String line() throws IOException {
    var bytes = new ByteArrayOutputStream(80);
    for (var c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the server closed the connection");
      }
      if (c != '\r') {
        bytes.write(c);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
