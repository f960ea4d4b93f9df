package dev.berth.api.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection: reads one request after the other and has each answered before the next.
 * Everything but {@link #isOverdue} happens on its event loop.
 *
 * <p>It reads on its own request only. While a request is being answered it keeps one read
 * outstanding, to notice when the client goes; what arrives then waits, and nothing more is read.
 */
final class Connection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
  private static final Duration MOST_DISCARDING = Duration.ofSeconds(5);

  private enum Phase {
    /** Between requests. */
    IDLE,
    /** A request's line and headers are arriving. */
    HEAD,
    /** Its body is arriving. */
    BODY,
    /** A thread works on its answer. */
    ANSWERING,
    /** The last answer was given before its request was read; the rest is thrown away. */
    DISCARDING,
    /** WebSocket messages go both ways. */
    CONVERSING,
    CLOSED
  }

  private final Serving serving;
  private final Channel channel;
  private final Identity identity;
  private final Deque<Object> waiting = new ArrayDeque<>();
  private Phase phase = Phase.IDLE;
  private @Nullable Incoming incoming;
  private @Nullable Exchange exchange;
  private @Nullable SocketSession session;
  private boolean known;
  private boolean stopping;
  private final Deadline deadline = new Deadline();

  /** Who is at the other end, given the Authorization header of a request. */
  interface Identity {
    Caller of(@Nullable String authorization);
  }

  Connection(Serving serving, Channel channel, Identity identity) {
    this.serving = serving;
    this.channel = channel;
    this.identity = identity;
  }

  /** Begins to read. */
  void begin() {
    serving.open().add(this);
    idle();
    if (channel.isActive()) {
      channel.read();
    } else {
      closed();
    }
  }

  /** Whether a deadline has passed; from any thread. */
  boolean isOverdue(long nowNanos) {
    return deadline.hasPassed(nowNanos);
  }

  /** Runs something on the connection's event loop. */
  void onLoop(Runnable task) {
    channel.eventLoop().execute(task);
  }

  /** Waits until the connection is closed, up to a time. */
  void awaitClosed(long nanos) {
    channel.closeFuture().awaitUninterruptibly(Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }

  /** Closes at once; from any thread. */
  void abort() {
    channel.close();
  }

  /** Closes the connection if a deadline has passed. */
  void expire() {
    if (isOverdue(System.nanoTime())) {
      serving.meters().timedOut(phase.name().toLowerCase(Locale.ROOT));
      LOG.debug("closing {}: nothing came in time while {}", channel.remoteAddress(), phase);
      channel.close();
    }
  }

  /** The server stops: no further request is begun, streams end. */
  void stop() {
    stopping = true;
    switch (phase) {
      case IDLE, DISCARDING -> channel.close();
      case HEAD, BODY, CLOSED -> {}
      case ANSWERING, CONVERSING -> {
        if (exchange != null) {
          exchange.outflow().end();
        }
      }
    }
  }

  void bytesArrived() {
    if (phase == Phase.IDLE) {
      phase = Phase.HEAD;
      deadline.in(serving.limits().head());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    take(message);
  }

  private void take(Object message) {
    switch (phase) {
      case IDLE, HEAD, BODY -> receive(message);
      case ANSWERING -> waiting.add(message);
      case DISCARDING -> discard(message);
      case CONVERSING -> converse(message);
      case CLOSED -> ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (waiting.size() > serving.limits().pipelined()) {
      serving.meters().refused("pipelined");
      channel.close();
    }
    readOn();
  }

  private void readOn() {
    var wanted =
        switch (phase) {
          case IDLE, HEAD, BODY, DISCARDING -> true;
          case ANSWERING -> waiting.isEmpty();
          case CONVERSING -> session == null || session.wantsMore();
          case CLOSED -> false;
        };
    if (wanted) {
      channel.read();
    }
  }

  private void receive(Object message) {
    try {
      if (message instanceof HttpRequest head) {
        head(head);
      } else if (message instanceof HttpContent content) {
        content(content);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void head(HttpRequest head) {
    var malformed = Malformation.of(head);
    if (malformed != null) {
      giveUp(malformed);
      return;
    }
    phase = Phase.BODY;
    deadline.in(serving.limits().receive());
    var caller = identity.of(head.headers().get(HttpHeaderNames.AUTHORIZATION));
    known = caller instanceof Caller.User;
    Target target;
    try {
      target = Target.parse(head.uri());
    } catch (IllegalArgumentException unreadable) {
      target = new Target("/", List.of(), Map.of());
      refuseMalformed(accept(head, target, caller), String.valueOf(unreadable.getMessage()));
      return;
    }
    accept(head, target, caller);
  }

  private void refuseMalformed(Incoming request, String message) {
    request.refuse(failure(400, "BadRequest", message, 0));
  }

  private Incoming accept(HttpRequest head, Target target, Caller caller) {
    var accepted = new Incoming(head, target, caller, serving.budget(), serving.limits().body());
    incoming = accepted;
    var refusal = serving.handler().refuse(target, caller);
    if (refusal != null) {
      accepted.refuse(refusal);
    }
    if (accepted.announcesTooMuch()) {
      tooLarge();
    } else if (HttpUtil.is100ContinueExpected(head)) {
      if (refusal != null) {
        discardAfter(refusal);
      } else {
        channel.writeAndFlush(
            new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
      }
    }
    return accepted;
  }

  private void content(HttpContent content) {
    var request = incoming;
    if (request == null || phase != Phase.BODY) {
      return;
    }
    if (content.decoderResult().isFailure()) {
      giveUp(Malformation.BODY);
      return;
    }
    switch (request.take(content.content())) {
      case TAKEN -> {}
      case TOO_LARGE -> {
        tooLarge();
        return;
      }
      case NO_ROOM -> {
        serving.meters().refused("bodies");
        request.refuse(
            failure(429, "TooManyRequests", "too many large requests, please try again later", 1));
      }
    }
    if (content instanceof LastHttpContent) {
      complete(request);
    }
  }

  private void complete(Incoming request) {
    var keepAlive = HttpUtil.isKeepAlive(request.head()) && !stopping;
    var going = new Exchange(this, channel, serving, request, keepAlive);
    incoming = null;
    exchange = going;
    phase = Phase.ANSWERING;
    deadline.never();
    var refusal = request.refusal();
    if (refusal != null) {
      going.send(refusal);
    } else {
      Thread.ofVirtual().name("request").start(going);
    }
  }

  /** A WebSocket has been agreed on: messages go to {@code begun} from now on. */
  void converse(SocketSession begun) {
    if (phase == Phase.ANSWERING) {
      phase = Phase.CONVERSING;
      session = begun;
      for (var message = waiting.poll(); message != null; message = waiting.poll()) {
        converse(message);
      }
      channel.read();
    }
  }

  private void converse(Object message) {
    if (session != null && message instanceof WebSocketFrame frame) {
      session.arrived(frame);
    }
    ReferenceCountUtil.release(message);
  }

  /** An answer has begun to be written in one piece: the client must take it in time. */
  void sending() {
    deadline.in(serving.limits().send());
  }

  /** The answer is on its way whole; goes on with what arrived in the meantime. */
  void answered(boolean keepAlive) {
    exchange = null;
    if (phase != Phase.ANSWERING) {
      return;
    }
    if (!keepAlive || stopping) {
      channel.close();
      return;
    }
    idle();
    while (!waiting.isEmpty() && phase != Phase.ANSWERING && phase != Phase.CLOSED) {
      bytesArrived();
      take(waiting.remove());
    }
    readOn();
  }

  /** Strangers are not waited for as long as users are. */
  private void idle() {
    phase = Phase.IDLE;
    deadline.in(known ? serving.limits().idle() : serving.limits().head());
  }

  private void tooLarge() {
    serving.meters().refused("body");
    discardAfter(
        failure(
            413,
            "RequestEntityTooLarge",
            "Request entity is too large: limit is " + serving.limits().body(),
            0));
  }

  private void giveUp(Malformation malformed) {
    serving.meters().refused("malformed");
    discardAfter(failure(malformed.code(), malformed.reason(), malformed.message(), 0));
  }

  /** Answers although the request has not been read, and closes when the client has noticed. */
  private void discardAfter(Answer.Whole answer) {
    if (incoming != null) {
      incoming.release();
      incoming = null;
    }
    phase = Phase.DISCARDING;
    deadline.in(MOST_DISCARDING);
    channel.writeAndFlush(Exchange.response(answer, false));
  }

  private void discard(Object message) {
    var last = message instanceof LastHttpContent;
    ReferenceCountUtil.release(message);
    if (last) {
      channel
          .writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener((ChannelFuture done) -> channel.close());
    }
  }

  private Answer.Whole failure(int code, String reason, String message, int retryAfterSeconds) {
    return serving.handler().failure(code, reason, message, retryAfterSeconds);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (exchange != null) {
      exchange.outflow().changed();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    closed();
  }

  private void closed() {
    phase = Phase.CLOSED;
    serving.open().remove(this);
    if (incoming != null) {
      incoming.release();
      incoming = null;
    }
    if (session != null) {
      session.closed();
    }
    if (exchange != null) {
      exchange.outflow().end();
    }
    for (var message = waiting.poll(); message != null; message = waiting.poll()) {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.debug("closing {}: {}", channel.remoteAddress(), cause.toString());
    channel.close();
  }
}
