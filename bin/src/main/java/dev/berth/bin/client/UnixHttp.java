package dev.berth.bin.client;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * HTTP/1.1 over a unix socket, one connection for each request: what a command needs and no more,
 * because a full HTTP client would take longer to load than the request to answer.
 */
final class UnixHttp {
  private static final int MAX_LINE_BYTES = 64 * 1024;

  private UnixHttp() {}

  /**
   * @param target path and query, percent-encoded
   * @param headers beside Host, Content-Length and Connection
   */
  record Request(String method, String target, Map<String, String> headers, byte[] body) {}

  /**
   * The head of an answer, and its body as it comes.
   *
   * @param headers by name in lower case
   * @param channel open until the answer is closed
   */
  record Answer(int code, Map<String, String> headers, InputStream body, SocketChannel channel)
      implements AutoCloseable {

    boolean ok() {
      return code >= 200 && code < 300;
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  static Answer send(Path socket, Request request) throws IOException {
    var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      writeFully(channel, ByteBuffer.wrap(encode(request)));
      return receive(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  static void writeFully(SocketChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static byte[] encode(Request request) {
    var head = new StringBuilder(256);
    head.append(request.method()).append(' ').append(request.target()).append(" HTTP/1.1\r\n");
    head.append("Host: localhost\r\n");
    if (!request.headers().containsKey("Connection")) {
      head.append("Connection: close\r\n");
    }
    request.headers().forEach((name, value) -> head.append(name + ": " + value + "\r\n"));
    if (request.body().length > 0) {
      head.append("Content-Length: ").append(request.body().length).append("\r\n");
    }
    var encoded = new ByteArrayOutputStream();
    encoded.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
    encoded.writeBytes(request.body());
    return encoded.toByteArray();
  }

  private static Answer receive(SocketChannel channel) throws IOException {
    var in = new BufferedInputStream(Channels.newInputStream(channel), 16 * 1024);
    var status = line(in);
    if (!status.startsWith("HTTP/1.1 ") || status.length() < 12) {
      throw new IOException("expected an HTTP/1.1 answer, found \"" + status + "\"");
    }
    var code = Integer.parseInt(status.substring(9, 12));
    var headers = new HashMap<String, String>();
    for (var line = line(in); !line.isEmpty(); line = line(in)) {
      var colon = line.indexOf(':');
      if (colon > 0) {
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
    }
    return new Answer(code, headers, body(in, code, headers), channel);
  }

  private static InputStream body(InputStream in, int code, Map<String, String> headers) {
    if (code == 101) {
      return in;
    }
    if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
      return new ChunkedBody(in);
    }
    var length = headers.get("content-length");
    return length == null ? in : new SizedBody(in, Long.parseLong(length));
  }

  static String line(InputStream in) throws IOException {
    var bytes = new ByteArrayOutputStream(80);
    for (var c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the server closed the connection in the middle of its answer");
      }
      if (bytes.size() == MAX_LINE_BYTES) {
        throw new IOException("a line of the answer is longer than " + MAX_LINE_BYTES + " bytes");
      }
      if (c != '\r') {
        bytes.write(c);
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** A body in chunks, as they arrive. */
  private static final class ChunkedBody extends InputStream {
    private final InputStream in;
    private long left;
    private boolean ended;
    private boolean first = true;

    ChunkedBody(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (left == 0 && !nextChunk()) {
        return -1;
      }
      var count = in.read(buffer, offset, (int) Math.min(length, left));
      if (count < 0) {
        throw new IOException("the server closed the connection in the middle of its answer");
      }
      left -= count;
      return count;
    }

    @Override
    public int available() throws IOException {
      return (int) Math.min(left, in.available());
    }

    private boolean nextChunk() throws IOException {
      if (ended) {
        return false;
      }
      if (!first) {
        line(in);
      }
      first = false;
      var size = line(in);
      var extension = size.indexOf(';');
      left = Long.parseLong((extension < 0 ? size : size.substring(0, extension)).strip(), 16);
      ended = left == 0;
      return !ended;
    }
  }

  /** A body of known length. */
  private static final class SizedBody extends InputStream {
    private final InputStream in;
    private long left;

    SizedBody(InputStream in, long length) {
      this.in = in;
      this.left = length;
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      var count = in.read(buffer, offset, (int) Math.min(length, left));
      if (count < 0) {
        throw new IOException("the server closed the connection in the middle of its answer");
      }
      left -= count;
      return count;
    }

    @Override
    public int available() throws IOException {
      return (int) Math.min(left, in.available());
    }
  }
}
