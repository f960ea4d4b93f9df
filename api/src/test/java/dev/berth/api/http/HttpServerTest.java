package dev.berth.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.BindException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Bytes in, bytes out, over a unix socket, on both transports. */
@Timeout(30)
@ParameterizedClass
@EnumSource(Transport.class)
class HttpServerTest extends EchoServer {
  HttpServerTest(Transport transport) {
    super(transport);
  }

  @Test
  void aConnectionIsKeptForManyRequests() throws IOException {
    try (var wire = open()) {
      for (var i = 0; i < 3; i++) {
        assertThat(wire.get("/a/%20b?x=1&x=2").body()).isEqualTo("GET [a,  b]{x=[1, 2]} ");
        assertThat(wire.request("POST", "/p", "body " + i).reply().body())
            .isEqualTo("POST [p]{} body " + i);
      }
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws IOException {
    try (var wire = open()) {
      wire.send("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
      assertThat(wire.reply().body()).startsWith("GET [1]");
      assertThat(wire.reply().body()).startsWith("GET [2]");
    }
  }

  @Test
  void aChunkedBodyIsTaken() throws IOException {
    try (var wire = open()) {
      wire.send(
          "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
      assertThat(wire.reply().body()).isEqualTo("POST [c]{} abcde");
    }
  }

  @Test
  void aClientThatAsksFirstIsTold() throws IOException {
    try (var wire = open()) {
      wire.send("POST /c HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
      assertThat(wire.head().code()).isEqualTo(100);
      assertThat(wire.send("abc").reply().body()).isEqualTo("POST [c]{} abc");
    }
  }

  @Test
  void refusedBeforeItsBodyIsKept() throws IOException {
    try (var wire = open()) {
      assertThat(wire.request("POST", "/refused", "some body").reply().code()).isEqualTo(401);
      assertThat(wire.get("/next").code()).isEqualTo(200);
    }
  }

  @Test
  void malformedRequestsAreAnsweredAndClosed() throws IOException {
    var bad =
        List.of(
            "GARBAGE\r\n\r\n",
            "GET / HTTP/2.0\r\n\r\n",
            "GET /" + "x".repeat(5000) + " HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nA: " + "x".repeat(5000) + "\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "GET / HTTP/1.1\r\nBad Header: x\r\n\r\n");
    var codes = List.of(400, 505, 414, 431, 400, 400, 400);
    for (var i = 0; i < bad.size(); i++) {
      try (var wire = open()) {
        var reply = wire.send(bad.get(i)).reply();
        assertThat(reply.code()).as(bad.get(i).substring(0, 9)).isEqualTo(codes.get(i));
        assertThat(reply.headers()).containsEntry("connection", "close");
      }
    }
  }

  @Test
  void aMalformedTargetIsAnswered() throws IOException {
    try (var wire = open()) {
      for (var target : List.of("/%zz", "/%ff", "/a%00b", "x", "/?a=%4")) {
        assertThat(wire.get(target).code()).as(target).isEqualTo(400);
      }
      assertThat(wire.get("http://host/absolute").body()).startsWith("GET [absolute]");
    }
  }

  @Test
  void aFaultIsAnswered() throws IOException {
    try (var wire = open()) {
      var reply = wire.get("/fault");
      assertThat(reply.code()).isEqualTo(500);
      assertThat(reply.body()).contains("on purpose");
      assertThat(wire.get("/next").code()).isEqualTo(200);
    }
  }

  @Test
  void oldClientsAreServedAndClosed() throws IOException {
    try (var wire = open()) {
      var reply = wire.send("GET /old HTTP/1.0\r\n\r\n").reply();
      assertThat(reply.body()).startsWith("GET [old]");
      wire.awaitEnd();
    }
    try (var wire = open()) {
      wire.send("GET /watch HTTP/1.0\r\n\r\n");
      assertThat(wire.head().headers()).doesNotContainKey("transfer-encoding");
    }
  }

  @Test
  void aHeadRequestHasNoBodyInItsAnswer() throws IOException {
    try (var wire = open()) {
      wire.send("HEAD /h HTTP/1.1\r\n\r\n");
      assertThat(wire.head().headers()).containsEntry("content-length", "11");
      assertThat(wire.get("/next").body()).startsWith("GET [next]");
    }
  }

  @Test
  void aStreamGoesAsFastAsItsClient() throws IOException {
    try (var wire = open()) {
      wire.request("GET", "/stream", "");
      assertThat(wire.head().code()).isEqualTo(200);
      for (var i = 0; i < 100; i++) {
        assertThat(wire.chunk()).isNotEmpty();
      }
    }
    await().untilTrue(finished);
  }

  @Test
  void aStreamEndsWhenItsClientGoes() throws IOException {
    try (var wire = open()) {
      wire.request("GET", "/watch", "");
      wire.head();
      assertThat(wire.chunk()).asString().isEqualTo("begun");
    }
    await().untilTrue(finished);
  }

  @Test
  void stoppingFinishesRequestsAndEndsStreams() throws Exception {
    try (var request = open();
        var watch = open();
        var idle = open()) {
      assertThat(idle.get("/").code()).isEqualTo(200);
      request.request("GET", "/hold", "");
      watch.request("GET", "/watch", "");
      watch.head();
      watch.chunk();
      var stopping = Thread.startVirtualThread(server::close);
      idle.awaitEnd();
      assertThat(watch.chunk()).as("the last chunk").isEmpty();
      held.countDown();
      var reply = request.reply();
      assertThat(reply.body()).isEqualTo("held");
      stopping.join();
      assertThat(socket()).doesNotExist();
    }
  }

  @Test
  void theSocketIsItsOwnersOnly() throws IOException {
    assertThat(Files.getPosixFilePermissions(socket()))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(Files.getPosixFilePermissions(socket().getParent()))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void aSocketWhereSomebodyListensIsInUse() {
    try (var second = server(LIMITS)) {
      assertThatThrownBy(() -> second.listen(socket()))
          .isInstanceOf(BindException.class)
          .hasMessageContaining("address in use");
    }
    assertThat(socket()).exists();
  }

  @Test
  void aStaleSocketIsReplacedButNoOtherFile() throws IOException {
    var stale = directory.resolve("stale");
    try (var dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(stale));
    }
    assertThat(stale).exists();
    var file = Files.writeString(directory.resolve("file"), "precious");
    try (var second = server(LIMITS)) {
      second.listen(stale);
      try (var wire = Wire.open(stale)) {
        assertThat(wire.get("/").code()).isEqualTo(200);
      }
      assertThatThrownBy(() -> second.listen(file)).hasMessageContaining("another kind of file");
      assertThatThrownBy(() -> second.listen(directory.resolve("x".repeat(120))))
          .hasMessageContaining("at most 107 bytes");
    }
    assertThat(file).hasContent("precious");
    assertThat(stale).doesNotExist();
  }
}
