package dev.berth.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.core.model.Json;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** A client that sends exactly what a test wants, also what no proper client would. */
public final class Wire implements Closeable {
  private final Closeable connection;
  private final InputStream in;
  private final OutputStream out;

  /** An answer; header names in lower case. */
  public record Reply(int code, Map<String, String> headers, String body) {}

  private Wire(Closeable connection, InputStream in, OutputStream out) {
    this.connection = connection;
    this.in = new BufferedInputStream(in);
    this.out = out;
  }

  public static Wire open(Path socket) throws IOException {
    var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket));
    return new Wire(channel, Channels.newInputStream(channel), Channels.newOutputStream(channel));
  }

  public static Wire over(Socket socket) throws IOException {
    return new Wire(socket, socket.getInputStream(), socket.getOutputStream());
  }

  public Wire send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.UTF_8));
  }

  public Wire send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
    return this;
  }

  /** Ends the client's half of the connection. */
  public void endOfRequests() throws IOException {
    switch (connection) {
      case SocketChannel channel -> channel.shutdownOutput();
      case Socket socket -> socket.shutdownOutput();
      default -> throw new IllegalStateException("no half of " + connection + " can be ended");
    }
  }

  /** Sends a request and reads the document that answers it with this code. */
  public JsonNode ask(int code, String method, String path, String body, String... headers)
      throws IOException {
    var reply = request(method, path, body, headers).reply();
    assertThat(reply.code()).as(reply.body()).isEqualTo(code);
    return Json.parse(reply.body().getBytes(StandardCharsets.UTF_8));
  }

  /** Sends a request that is refused with this code; its reason and its message. */
  public String refusal(int code, String method, String path, String body, String... headers)
      throws IOException {
    var status = ask(code, method, path, body, headers);
    assertThat(status.path("kind").asString()).isEqualTo("Status");
    assertThat(status.path("status").asString()).isEqualTo("Failure");
    assertThat(status.path("code").asInt()).isEqualTo(code);
    return status.path("reason").asString() + ": " + status.path("message").asString();
  }

  /** Sends a request with a body, or without when it is empty. */
  public Wire request(String method, String uri, String body, String... headers)
      throws IOException {
    var head = new StringBuilder(method + " " + uri + " HTTP/1.1\r\nHost: x\r\n");
    for (var header : headers) {
      head.append(header).append("\r\n");
    }
    var bytes = body.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0) {
      head.append("Content-Length: ").append(bytes.length).append("\r\n");
    }
    return send(head + "\r\n" + body);
  }

  public Reply get(String uri, String... headers) throws IOException {
    return request("GET", uri, "", headers).reply();
  }

  /** Reads a whole answer. */
  public Reply reply() throws IOException {
    var head = head();
    var body = new ByteArrayOutputStream();
    if ("chunked".equals(head.headers().get("transfer-encoding"))) {
      for (var chunk = chunk(); chunk.length > 0; chunk = chunk()) {
        body.writeBytes(chunk);
      }
    } else if (head.headers().containsKey("content-length")) {
      body.writeBytes(exactly(Integer.parseInt(head.headers().get("content-length"))));
    } else if (head.code() != 100) {
      body.writeBytes(in.readAllBytes());
    }
    return new Reply(head.code(), head.headers(), body.toString(StandardCharsets.UTF_8));
  }

  /** Reads the head of an answer only. */
  public Reply head() throws IOException {
    var status = line().split(" ", 3);
    var headers = new LinkedHashMap<String, String>();
    for (var line = line(); !line.isEmpty(); line = line()) {
      var colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
    return new Reply(Integer.parseInt(status[1]), headers, "");
  }

  /** Reads a chunk of a chunked answer; an empty one is the last. */
  public byte[] chunk() throws IOException {
    var length = Integer.parseInt(line(), 16);
    var chunk = exactly(length);
    line();
    return chunk;
  }

  private byte[] exactly(int length) throws IOException {
    var bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new IOException("expected " + length + " bytes, the end came after " + bytes.length);
    }
    return bytes;
  }

  private String line() throws IOException {
    var line = new ByteArrayOutputStream();
    for (var octet = in.read(); octet != '\n'; octet = in.read()) {
      if (octet < 0) {
        throw new IOException("the connection ended");
      }
      if (octet != '\r') {
        line.write(octet);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  /** Waits until the server has closed the connection; what it still sends is thrown away. */
  public void awaitEnd() {
    try {
      while (in.read() >= 0) {}
    } catch (IOException reset) {
      // Closed with a reset: closed all the same.
    }
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
