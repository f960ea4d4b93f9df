package dev.berth.api.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Sees the first byte of a request before it is decoded, so that slow ones have a deadline. */
final class Arrival extends ChannelInboundHandlerAdapter {
  private final Connection connection;

  Arrival(Connection connection) {
    this.connection = connection;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    connection.bytesArrived();
    context.fireChannelRead(message);
  }
}
