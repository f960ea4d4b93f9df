package dev.berth.bin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixHttpTest {
  private static final UnixHttp.Request GET =
      new UnixHttp.Request("GET", "/x?y=1", Map.of("Accept", "*/*"), new byte[0]);

  private static final String CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

  @TempDir Path dir;

  @Test
  void sendsWhatHttpRequires() throws Exception {
    var request =
        new UnixHttp.Request(
            "POST",
            "/a",
            Map.of("Content-Type", "text/plain"),
            "körper".getBytes(StandardCharsets.UTF_8));
    var received = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    try (var answer = UnixHttp.send(socket(), request)) {
      assertThat(answer.ok()).isTrue();
      assertThat(answer.body().readAllBytes()).isEmpty();
    }
    assertThat(received.join())
        .isEqualTo(
            "POST /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Content-Type: text/plain\r\nContent-Length: 7\r\n\r\nkörper");
  }

  @Test
  void readsABodyOfKnownLengthAndNoMore() throws Exception {
    answering("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\nX-A: b\r\n\r\nabcdef");
    try (var answer = UnixHttp.send(socket(), GET)) {
      assertThat(answer.code()).isEqualTo(404);
      assertThat(answer.headers()).containsEntry("x-a", "b");
      assertThat(answer.body().readAllBytes()).asString().isEqualTo("abc");
    }
  }

  @Test
  void joinsChunks() throws Exception {
    answering(CHUNKED + "4\r\nWiki\r\nA;x=y\r\npedia in\r\n\r\n0\r\n\r\n");
    try (var answer = UnixHttp.send(socket(), GET)) {
      assertThat(answer.body().readAllBytes()).asString().isEqualTo("Wikipedia in\r\n");
    }
  }

  @Test
  void aBodyThatBreaksOffIsAnError() throws Exception {
    answering(CHUNKED + "8\r\nWiki");
    try (var answer = UnixHttp.send(socket(), GET)) {
      assertThatThrownBy(() -> answer.body().readAllBytes())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in the middle");
    }
  }

  @Test
  void whatIsNotHttpIsAnError() throws Exception {
    answering("SSH-2.0-OpenSSH\r\n\r\n");
    assertThatThrownBy(() -> UnixHttp.send(socket(), GET))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("SSH-2.0");
  }

  private Path socket() {
    return dir.resolve("s");
  }

  /** Serves one connection; completes with what the client sent. */
  private CompletableFuture<String> answering(String answer) throws IOException {
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket()));
    var received = new CompletableFuture<String>();
    Thread.ofVirtual()
        .start(
            () -> {
              try (server;
                  var channel = server.accept()) {
                var request = ByteBuffer.allocate(4096);
                channel.read(request);
                received.complete(
                    new String(request.array(), 0, request.position(), StandardCharsets.UTF_8));
                channel.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8)));
              } catch (IOException e) {
                received.completeExceptionally(e);
              }
            });
    return received;
  }
}
