package dev.berth.api.http;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A WebSocket between its event loop, where frames arrive, and the thread that talks. */
final class SocketSession implements WebSocket {
  /** When so many bytes wait to be received, nothing more is read from the client. */
  static final int MOST_WAITING = 256 << 10;

  /** What a message that waits takes beside its bytes. */
  private static final int MESSAGE_OVERHEAD = 32;

  /** Most bytes of a message. */
  static final int LARGEST_MESSAGE = 1 << 20;

  private static final int GOODBYE_SECONDS = 5;

  private final Channel channel;
  private final Outflow outflow;
  private final String subprotocol;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<byte[]> received = new ArrayDeque<>();
  private int waitingBytes;

  /** Fragments of a message that has not ended; only used on the event loop. */
  private final ByteArrayOutputStream fragments = new ByteArrayOutputStream();

  private boolean over;
  private boolean closeSent;

  SocketSession(Channel channel, Outflow outflow, @Nullable String subprotocol) {
    this.channel = channel;
    this.outflow = outflow;
    this.subprotocol = subprotocol == null ? "" : subprotocol;
    outflow.onEnd(this::closed);
  }

  @Override
  public String subprotocol() {
    return subprotocol;
  }

  /** A frame has arrived; on the event loop. */
  void arrived(WebSocketFrame frame) {
    switch (frame) {
      case PingWebSocketFrame ping ->
          channel.writeAndFlush(new PongWebSocketFrame(ping.content().retain()));
      case CloseWebSocketFrame _ -> {
        closed();
        if (closeSent) {
          channel.close();
        } else {
          close(WebSocketCloseStatus.NORMAL_CLOSURE)
              .addListener((ChannelFuture sent) -> channel.close());
        }
      }
      case BinaryWebSocketFrame _, TextWebSocketFrame _, ContinuationWebSocketFrame _ ->
          message(frame);
      default -> {}
    }
  }

  private void message(WebSocketFrame frame) {
    if (fragments.size() + frame.content().readableBytes() > LARGEST_MESSAGE) {
      closed();
      bid(WebSocketCloseStatus.MESSAGE_TOO_BIG);
      return;
    }
    var bytes = ByteBufUtil.getBytes(frame.content());
    if (!frame.isFinalFragment() || fragments.size() > 0) {
      fragments.writeBytes(bytes);
      if (!frame.isFinalFragment()) {
        return;
      }
      bytes = fragments.toByteArray();
      fragments.reset();
    }
    lock.lock();
    try {
      if (over) {
        return;
      }
      received.add(bytes);
      waitingBytes += bytes.length + MESSAGE_OVERHEAD;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether more may be read from the client. */
  boolean wantsMore() {
    lock.lock();
    try {
      return over || waitingBytes < MOST_WAITING;
    } finally {
      lock.unlock();
    }
  }

  /** Nothing arrives any more. */
  void closed() {
    lock.lock();
    try {
      over = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public byte @Nullable [] receive() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (received.isEmpty() && !over) {
        changed.await();
      }
      var message = received.poll();
      if (message != null) {
        var full = waitingBytes >= MOST_WAITING;
        waitingBytes -= message.length + MESSAGE_OVERHEAD;
        if (full && waitingBytes < MOST_WAITING) {
          channel.eventLoop().execute(channel::read);
        }
      }
      return message;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void send(byte[] message) throws IOException {
    outflow.send(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(message)));
  }

  @Override
  public void onEnd(Runnable end) {
    outflow.onEnd(end);
  }

  /** The conversation is over. */
  void finish() {
    closed();
    channel
        .eventLoop()
        .execute(
            () ->
                bid(
                    outflow.ending()
                        ? WebSocketCloseStatus.ENDPOINT_UNAVAILABLE
                        : WebSocketCloseStatus.NORMAL_CLOSURE));
  }

  /** Says goodbye and waits a little for the answer, so that nothing on its way is lost. */
  private void bid(WebSocketCloseStatus status) {
    if (!closeSent && channel.isActive()) {
      close(status);
      channel.read();
      channel.eventLoop().schedule(() -> channel.close(), GOODBYE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private ChannelFuture close(WebSocketCloseStatus status) {
    closeSent = true;
    return channel.writeAndFlush(new CloseWebSocketFrame(status));
  }
}
