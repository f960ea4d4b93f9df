package dev.berth.api.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A request and its answer, worked on by a thread of its own. */
final class Exchange implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

  private final Connection connection;
  private final Channel channel;
  private final Serving serving;
  private final Incoming incoming;
  private final boolean keepAlive;
  private final Outflow outflow;

  Exchange(
      Connection connection,
      Channel channel,
      Serving serving,
      Incoming incoming,
      boolean keepAlive) {
    this.connection = connection;
    this.channel = channel;
    this.serving = serving;
    this.incoming = incoming;
    this.keepAlive = keepAlive;
    this.outflow = new Outflow(channel, serving.limits().send());
  }

  Outflow outflow() {
    return outflow;
  }

  @Override
  public void run() {
    try {
      give(answer());
    } catch (IOException | InterruptedException | RejectedExecutionException gone) {
      LOG.debug("an answer to {} was broken off: {}", channel.remoteAddress(), gone.toString());
      channel.close();
    } catch (RuntimeException | Error fault) {
      LOG.error("answering {} failed", incoming.head().uri(), fault);
      channel.close();
    } finally {
      incoming.release();
    }
  }

  private void give(Answer answer) throws IOException, InterruptedException {
    switch (answer) {
      case Answer.Whole whole -> send(whole);
      case Answer.Streamed streamed -> {
        try {
          stream(streamed);
        } finally {
          streamed.finished().run();
        }
      }
      case Answer.Upgrade upgrade -> {
        try {
          converse(upgrade);
        } finally {
          upgrade.finished().run();
        }
      }
    }
  }

  private Answer answer() {
    try {
      return serving.handler().handle(incoming.whole());
    } catch (RuntimeException | Error fault) {
      LOG.error("{} {} failed", incoming.head().method(), incoming.head().uri(), fault);
      return serving
          .handler()
          .failure(500, "InternalError", "Internal error occurred: " + fault, 0);
    }
  }

  /** Sends an answer whole; from any thread. */
  void send(Answer.Whole whole) {
    var keep = keepAlive && !outflow.ending();
    var response = response(whole, keep);
    channel
        .eventLoop()
        .execute(
            () -> {
              connection.sending();
              channel.writeAndFlush(response).addListener(sent(keep));
            });
  }

  private io.netty.channel.ChannelFutureListener sent(boolean keep) {
    return (ChannelFuture sent) -> {
      if (sent.isSuccess()) {
        connection.answered(keep);
      } else {
        LOG.debug("an answer could not be written", sent.cause());
        channel.close();
      }
    };
  }

  static FullHttpResponse response(Answer.Whole whole, boolean keepAlive) {
    var response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(whole.code()),
            Unpooled.wrappedBuffer(whole.body()));
    headers(response.headers(), whole.contentType(), whole.headers(), keepAlive);
    HttpUtil.setContentLength(response, whole.body().length);
    return response;
  }

  private static void headers(
      HttpHeaders headers, String contentType, List<Answer.Header> more, boolean keepAlive) {
    headers.set(HttpHeaderNames.CONTENT_TYPE, contentType);
    headers.set(HttpHeaderNames.CACHE_CONTROL, "no-cache, private");
    headers.set("x-content-type-options", "nosniff");
    for (var header : more) {
      headers.add(header.name(), header.value());
    }
    if (!keepAlive) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
  }

  private void stream(Answer.Streamed streamed) throws IOException, InterruptedException {
    var chunked = incoming.head().protocolVersion().equals(HttpVersion.HTTP_1_1);
    var response =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(streamed.code()));
    headers(response.headers(), streamed.contentType(), streamed.headers(), keepAlive && chunked);
    if (chunked) {
      HttpUtil.setTransferEncodingChunked(response, true);
    }
    outflow.send(response);
    streamed.body().writeTo(new ChunkSink());
    channel
        .eventLoop()
        .execute(
            () -> {
              connection.sending();
              channel
                  .writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)
                  .addListener(sent(keepAlive && chunked));
            });
  }

  private final class ChunkSink implements Sink {
    @Override
    public void write(byte[] bytes) throws IOException {
      if (bytes.length > 0) {
        outflow.send(new DefaultHttpContent(buffer(bytes)));
      }
    }

    @Override
    public void onEnd(Runnable end) {
      outflow.onEnd(end);
    }

    @Override
    public boolean ending() {
      return outflow.ending();
    }
  }

  private static ByteBuf buffer(byte[] bytes) {
    return Unpooled.wrappedBuffer(bytes);
  }

  private void converse(Answer.Upgrade upgrade) throws IOException, InterruptedException {
    var head = incoming.head();
    var request =
        new DefaultFullHttpRequest(
            head.protocolVersion(), head.method(), head.uri(), Unpooled.EMPTY_BUFFER);
    request.headers().set(head.headers());
    var config =
        WebSocketDecoderConfig.newBuilder()
            .maxFramePayloadLength(SocketSession.LARGEST_MESSAGE)
            .allowExtensions(false)
            .build();
    var handshaker =
        new WebSocketServerHandshakerFactory(
                head.uri(), String.join(",", upgrade.subprotocols()), config)
            .newHandshaker(request);
    if (handshaker == null) {
      send(failed(400, "only WebSocket version 13 is spoken here"));
      return;
    }
    var session = handshake(handshaker, request);
    try {
      upgrade.conversation().hold(session);
    } finally {
      session.finish();
    }
  }

  private SocketSession handshake(
      WebSocketServerHandshaker handshaker, DefaultFullHttpRequest request)
      throws IOException, InterruptedException {
    var begun = new CompletableFuture<SocketSession>();
    channel
        .eventLoop()
        .execute(
            () -> {
              try {
                handshaker
                    .handshake(channel, request)
                    .addListener(
                        done -> {
                          if (!done.isSuccess()) {
                            begun.completeExceptionally(done.cause());
                            return;
                          }
                          var session =
                              new SocketSession(channel, outflow, handshaker.selectedSubprotocol());
                          connection.converse(session);
                          begun.complete(session);
                        });
              } catch (RuntimeException refused) {
                begun.completeExceptionally(refused);
              }
            });
    try {
      return begun.get();
    } catch (ExecutionException failed) {
      throw new IOException("no WebSocket was agreed on", failed.getCause());
    }
  }

  private Answer.Whole failed(int code, String message) {
    return serving.handler().failure(code, "BadRequest", message, 0);
  }
}
