package dev.berth.api.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Every bound of the server, over a unix socket, on both transports. */
@Timeout(30)
@ParameterizedClass
@EnumSource(Transport.class)
class HttpLimitsTest extends EchoServer {

  HttpLimitsTest(Transport transport) {
    super(transport);
  }

  @Test
  void tooManyPipelinedRequestsCloseTheConnection() throws IOException {
    try (var wire = open()) {
      wire.send("GET /hold HTTP/1.1\r\n\r\n" + "GET /1 HTTP/1.1\r\n\r\n".repeat(10));
      wire.awaitEnd();
    }
  }

  @Test
  void aBodyThatIsAnnouncedTooLargeIsRefusedThoughItIsSent() throws IOException {
    try (var wire = open()) {
      wire.request("POST", "/big", "x".repeat(10_001));
      var reply = wire.reply();
      assertThat(reply.code()).isEqualTo(413);
      assertThat(reply.body())
          .isEqualTo("RequestEntityTooLarge: Request entity is too large: limit is 10000");
      assertThat(reply.headers()).containsEntry("connection", "close");
      wire.awaitEnd();
    }
  }

  @Test
  void aChunkedBodyThatBecomesTooLargeIsRefused() throws IOException {
    try (var wire = open()) {
      wire.send("POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
      var chunk = "1000\r\n" + "x".repeat(0x1000) + "\r\n";
      wire.send(chunk.repeat(3) + "0\r\n\r\n");
      assertThat(wire.reply().code()).isEqualTo(413);
      wire.awaitEnd();
    }
  }

  @Test
  void tooManyBodiesAtOnceAreRefusedAndTheConnectionGoesOn() throws IOException {
    var waiting = new ArrayList<Wire>();
    try (var wire = open()) {
      for (var i = 0; i < 2; i++) {
        waiting.add(open().request("POST", "/hold", "x".repeat(10_000)));
      }
      await()
          .untilAsserted(
              () -> {
                var reply = wire.request("POST", "/x", "x".repeat(9_000)).reply();
                assertThat(reply.code()).isEqualTo(429);
              });
      held.countDown();
      for (var each : waiting) {
        assertThat(each.reply().body()).isEqualTo("held");
      }
      await()
          .untilAsserted(
              () -> {
                var reply = wire.request("POST", "/x", "x".repeat(9_000)).reply();
                assertThat(reply.code()).isEqualTo(200);
              });
    } finally {
      for (var each : waiting) {
        each.close();
      }
    }
  }

  @Test
  void halfARequestIsGivenUp() throws IOException {
    for (var half : List.of("GET / HT", "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab")) {
      try (var wire = open()) {
        wire.send(half);
        wire.awaitEnd();
      }
    }
  }

  @Test
  void aConnectionThatAsksNothingIsNotKeptAsLongAsAUsers() throws IOException {
    try (var user = open();
        var silent = open()) {
      assertThat(user.get("/").code()).isEqualTo(200);
      silent.awaitEnd();
      assertThat(user.get("/").code()).isEqualTo(200);
    }
  }

  @Test
  void aSlowHeadIsGivenUpThoughBytesTrickleIn() throws IOException {
    try (var wire = open()) {
      wire.send("GET / HTTP/1.1\r\n");
      assertThatThrownBy(
              () -> {
                while (true) {
                  wire.send("A: b\r\n");
                  Thread.sleep(50);
                }
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void moreConnectionsThanAllowedAreClosed() throws IOException {
    var open = new ArrayList<Wire>();
    try {
      for (var i = 0; i < 8; i++) {
        var wire = open();
        open.add(wire);
        assertThat(wire.get("/").code()).isEqualTo(200);
      }
      try (var more = open()) {
        more.awaitEnd();
      }
      open.removeLast().close();
      await()
          .untilAsserted(
              () -> {
                try (var again = open()) {
                  assertThat(again.get("/").code()).isEqualTo(200);
                }
              });
    } finally {
      for (var wire : open) {
        wire.close();
      }
    }
  }

  @Test
  void aClientThatTakesNothingIsClosedAndHoldsLittle() throws IOException {
    try (var wire = open()) {
      wire.request("GET", "/stream", "");
      await().untilTrue(finished);
      assertThat(streamed.get()).isLessThan(4 << 20);
    }
  }
}
