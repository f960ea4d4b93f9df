package dev.berth.api.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A request whose body is still arriving. Confined to its event loop. */
final class Incoming {
  private static final int FIRST_PIECE = 64 << 10;

  enum Reception {
    TAKEN,
    TOO_LARGE,
    NO_ROOM
  }

  private final HttpRequest head;
  private final Target target;
  private final Caller caller;
  private final ByteBudget budget;
  private final int most;
  private long seen;
  private long reserved;
  private Answer.@Nullable Whole refusal;
  private @Nullable ByteBuf body;

  Incoming(HttpRequest head, Target target, Caller caller, ByteBudget budget, int most) {
    this.head = head;
    this.target = target;
    this.caller = caller;
    this.budget = budget;
    this.most = most;
  }

  HttpRequest head() {
    return head;
  }

  /** Whether its headers announce a body that is too large. */
  boolean announcesTooMuch() {
    return HttpUtil.getContentLength(head, 0L) > most;
  }

  /** What it will be answered with, however its body goes on. */
  void refuse(Answer.Whole answer) {
    refusal = answer;
    release();
  }

  Answer.@Nullable Whole refusal() {
    return refusal;
  }

  Reception take(ByteBuf piece) {
    seen += piece.readableBytes();
    if (seen > most) {
      return Reception.TOO_LARGE;
    }
    if (refusal != null || !piece.isReadable()) {
      return Reception.TAKEN;
    }
    if (!budget.reserve(piece.readableBytes())) {
      return Reception.NO_ROOM;
    }
    reserved += piece.readableBytes();
    if (body == null) {
      var announced = (int) Math.min(FIRST_PIECE, HttpUtil.getContentLength(head, 1024L));
      body = Unpooled.buffer(Math.max(announced, piece.readableBytes()), most);
    }
    body.writeBytes(piece);
    return Reception.TAKEN;
  }

  Request whole() {
    return new Request(head.method().name(), target, head.headers(), bytes(), caller);
  }

  private byte[] bytes() {
    if (body == null) {
      return new byte[0];
    }
    var array = body.array();
    return body.readableBytes() == array.length
        ? array
        : Arrays.copyOf(array, body.readableBytes());
  }

  /** Gives the room of its body back. */
  void release() {
    budget.release(reserved);
    reserved = 0;
    body = null;
  }
}
