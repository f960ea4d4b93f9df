package dev.berth.api.http;

import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import jdk.net.ExtendedSocketOptions;

/** The kernel's interface to sockets: epoll itself where it can be loaded, Java's otherwise. */
public enum Transport {
  EPOLL(EpollServerSocketChannel.class, EpollServerDomainSocketChannel.class) {
    @Override
    IoHandlerFactory handlers() {
      return EpollIoHandler.newFactory();
    }

    @Override
    SocketAddress local(Path path) {
      return new DomainSocketAddress(path.toFile());
    }

    @Override
    boolean isPeerTrusted(Channel channel) throws IOException {
      var uid = ((EpollDomainSocketChannel) channel).peerCredentials().uid();
      return uid == 0 || Integer.valueOf(uid).equals(Files.getAttribute(SELF, "unix:uid"));
    }
  },
  NIO(NioServerSocketChannel.class, NioServerDomainSocketChannel.class) {
    @Override
    IoHandlerFactory handlers() {
      return NioIoHandler.newFactory();
    }

    @Override
    SocketAddress local(Path path) {
      return UnixDomainSocketAddress.of(path);
    }

    @Override
    boolean isPeerTrusted(Channel channel) throws IOException {
      var user =
          channel.config().getOption(NioChannelOption.of(ExtendedSocketOptions.SO_PEERCRED)).user();
      var principals = SELF.getFileSystem().getUserPrincipalLookupService();
      return user.equals(principals.lookupPrincipalByName("root"))
          || user.equals(Files.getOwner(SELF));
    }
  };

  private static final Path SELF = Path.of("/proc/self");

  private final Class<? extends ServerChannel> tcp;
  private final Class<? extends ServerChannel> local;

  Transport(Class<? extends ServerChannel> tcp, Class<? extends ServerChannel> local) {
    this.tcp = tcp;
    this.local = local;
  }

  /** The best one that works here. */
  public static Transport best() {
    return Epoll.isAvailable() ? EPOLL : NIO;
  }

  Class<? extends ServerChannel> tcp() {
    return tcp;
  }

  Class<? extends ServerChannel> local() {
    return local;
  }

  abstract IoHandlerFactory handlers();

  abstract SocketAddress local(Path path);

  /** Whether the process at the other end of a unix socket is root's or our own user's. */
  abstract boolean isPeerTrusted(Channel channel) throws IOException;
}
