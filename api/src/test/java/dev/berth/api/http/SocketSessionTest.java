package dev.berth.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class SocketSessionTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final SocketSession session =
      new SocketSession(channel, new Outflow(channel, Duration.ofSeconds(5)), null);

  private void arrive(int bytes) {
    session.arrived(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(new byte[bytes])));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4096, 1 << 18})
  void nothingMoreIsReadWhileMuchWaitsHoweverItIsCut(int size) throws InterruptedException {
    var messages = 0;
    while (session.wantsMore()) {
      arrive(size);
      messages++;
      assertThat(messages).isLessThan(20_000);
    }
    for (var i = 0; i < messages; i++) {
      assertThat(session.receive()).hasSize(size);
    }
    assertThat(session.wantsMore()).isTrue();
  }

  @Test
  void aMessageThatGrowsTooLargeInPiecesEndsTheConversation() throws InterruptedException {
    session.arrived(new BinaryWebSocketFrame(false, 0, Unpooled.wrappedBuffer(new byte[1 << 19])));
    session.arrived(
        new ContinuationWebSocketFrame(false, 0, Unpooled.wrappedBuffer(new byte[1 << 19])));
    session.arrived(new ContinuationWebSocketFrame(true, 0, Unpooled.wrappedBuffer(new byte[1])));
    assertThat(session.receive()).isNull();
    CloseWebSocketFrame close = channel.readOutbound();
    assertThat(close.statusCode()).isEqualTo(1009);
    close.release();
  }
}
