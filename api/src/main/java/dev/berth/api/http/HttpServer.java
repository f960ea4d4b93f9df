package dev.berth.api.http;

import dev.berth.core.observe.Meters;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on TCP with TLS and on a unix socket, and hands whole requests to a {@link Handler}. Who
 * connects to the unix socket is an administrator if it is root's or our own user's process, and
 * turned away otherwise.
 */
public final class HttpServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);
  private static final Caller ROOT = new Caller.User("root", Set.of(Caller.ADMINISTRATORS));
  private static final List<String> TLS_VERSIONS = List.of("TLSv1.3", "TLSv1.2");
  private static final int LARGEST_CHUNK = 64 << 10;

  private final Transport transport;
  private final Serving serving;
  private final Authenticator authenticator;
  private final EventLoopGroup acceptors;
  private final EventLoopGroup loops;
  private final Executor handshakes = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Channel> listeners = new ArrayList<>();
  private final List<SocketFile> sockets = new ArrayList<>();
  private volatile boolean stopping;

  public HttpServer(
      Transport transport,
      Limits limits,
      Handler handler,
      Authenticator authenticator,
      Meters meters) {
    this.transport = transport;
    this.authenticator = authenticator;
    var counted = new HttpMeters(meters);
    this.serving =
        new Serving(
            handler,
            limits,
            counted,
            new ByteBudget(limits.bodies(), counted.bodies),
            ConcurrentHashMap.newKeySet());
    this.acceptors = group("http-accept", 1);
    this.loops = group("http-io", Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4));
    var tick = Math.clamp(limits.head().toMillis() / 4, 20, 1000);
    acceptors.scheduleAtFixedRate(this::expire, tick, tick, TimeUnit.MILLISECONDS);
  }

  private EventLoopGroup group(String name, int threads) {
    return new MultiThreadIoEventLoopGroup(
        threads, new DefaultThreadFactory(name, true), transport.handlers());
  }

  /**
   * Begins to listen with TLS.
   *
   * @param address port 0 for any free one
   * @return the address with its port
   * @throws BindException when the address is in use
   */
  public InetSocketAddress listen(InetSocketAddress address, TlsSource tls) throws IOException {
    var bootstrap = new ServerBootstrap();
    bootstrap.option(ChannelOption.SO_REUSEADDR, true);
    bootstrap.childOption(ChannelOption.TCP_NODELAY, true);
    bootstrap.childOption(ChannelOption.SO_KEEPALIVE, true);
    if (transport == Transport.EPOLL) {
      bootstrap.childOption(EpollChannelOption.TCP_KEEPIDLE, 30);
      bootstrap.childOption(EpollChannelOption.TCP_KEEPINTVL, 10);
      bootstrap.childOption(EpollChannelOption.TCP_KEEPCNT, 3);
    }
    bootstrap.channel(transport.tcp());
    var channel =
        bind(
            bootstrap,
            address,
            new Entrance("tcp", serving.meters().tcp, serving.limits().connections()) {
              @Override
              void let(Channel client) {
                encrypted(client, tls);
              }
            });
    return (InetSocketAddress) channel.localAddress();
  }

  /**
   * Begins to listen on a unix socket, which is removed at the end.
   *
   * @throws BindException when another server listens there
   */
  public void listen(Path path) throws IOException {
    var file = SocketFile.prepare(path);
    var bootstrap = new ServerBootstrap();
    bootstrap.channel(transport.local());
    bind(
        bootstrap,
        transport.local(file.path()),
        new Entrance("unix", serving.meters().local, serving.limits().localConnections()) {
          @Override
          void let(Channel client) {
            local(client);
          }
        });
    sockets.add(file);
    file.bound();
  }

  private Channel bind(ServerBootstrap bootstrap, SocketAddress address, Entrance entrance)
      throws IOException {
    bootstrap.group(acceptors, loops);
    bootstrap.option(ChannelOption.SO_BACKLOG, 1024);
    bootstrap.childOption(ChannelOption.AUTO_READ, false);
    bootstrap.childOption(
        ChannelOption.RECVBUF_ALLOCATOR, new AdaptiveRecvByteBufAllocator().maxMessagesPerRead(1));
    var bound = bootstrap.childHandler(entrance).bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw notBound(address, bound.cause());
    }
    listeners.add(bound.channel());
    return bound.channel();
  }

  private static IOException notBound(SocketAddress address, Throwable cause) {
    var reason = String.valueOf(cause.getMessage());
    if (reason.contains("Address already in use")) {
      var inUse =
          new BindException(
              "cannot listen on %s: address in use; stop the other server or choose another address"
                  .formatted(address));
      inUse.initCause(cause);
      return inUse;
    }
    return new IOException("cannot listen on %s: %s".formatted(address, reason), cause);
  }

  /** Where connections of one listener come in: counted, and only so many. */
  private abstract class Entrance extends ChannelInitializer<Channel> {
    private final String name;
    private final AtomicInteger open;
    private final int most;

    Entrance(String name, AtomicInteger open, int most) {
      this.name = name;
      this.open = open;
      this.most = most;
    }

    abstract void let(Channel client);

    @Override
    protected void initChannel(Channel client) {
      var count = open.incrementAndGet();
      client.closeFuture().addListener((ChannelFuture closed) -> open.decrementAndGet());
      serving.meters().accepted(name);
      if (count > most || stopping) {
        serving.meters().refused("connections");
        client.close();
      } else {
        client.eventLoop().execute(() -> let(client));
      }
    }
  }

  private void encrypted(Channel client, TlsSource tls) {
    tls.context()
        .whenComplete(
            (context, failure) ->
                client
                    .eventLoop()
                    .execute(
                        () -> {
                          if (failure != null) {
                            LOG.error("no TLS for {}", client.remoteAddress(), failure);
                            client.close();
                          } else if (client.isActive()) {
                            secure(client, context);
                          }
                        }));
  }

  private void secure(Channel client, SSLContext context) {
    var engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    engine.setEnabledProtocols(TLS_VERSIONS.toArray(String[]::new));
    engine.setWantClientAuth(true);
    engine.setEnabledCipherSuites(suites(engine.getEnabledCipherSuites()));
    var rules = engine.getSSLParameters();
    rules.setUseCipherSuitesOrder(true);
    engine.setSSLParameters(rules);
    var ssl = new SslHandler(engine, handshakes);
    ssl.setHandshakeTimeoutMillis(serving.limits().head().toMillis());
    client.pipeline().addLast(ssl);
    begin(client, authorization -> authenticator.identify(certificate(ssl), authorization));
  }

  /**
   * ChaCha20 first: the JVM is told to compile quickly, not well, and then AES takes 20 ns for a
   * byte and ChaCha20 6 (of JDK 25; a list of 5,000 claims is 3.4 MB).
   */
  private static String[] suites(String[] enabled) {
    return Arrays.stream(enabled)
        .sorted(Comparator.comparing((String suite) -> !suite.contains("CHACHA20")))
        .toArray(String[]::new);
  }

  private static @Nullable X509Certificate certificate(SslHandler ssl) {
    try {
      return ssl.engine().getSession().getPeerCertificates()[0] instanceof X509Certificate first
          ? first
          : null;
    } catch (SSLPeerUnverifiedException _) {
      return null;
    }
  }

  private void local(Channel client) {
    try {
      if (!transport.isPeerTrusted(client)) {
        LOG.warn("turned away a connection of another user on the unix socket");
        serving.meters().refused("peer");
        client.close();
        return;
      }
    } catch (IOException unknown) {
      LOG.warn("turned away a connection on the unix socket: its user is unknown", unknown);
      serving.meters().refused("peer");
      client.close();
      return;
    }
    begin(client, authorization -> ROOT);
  }

  private void begin(Channel client, Connection.Identity identity) {
    var connection = new Connection(serving, client, identity);
    var decoder =
        new HttpDecoderConfig()
            .setMaxInitialLineLength(serving.limits().requestLine())
            .setMaxHeaderSize(serving.limits().headers())
            .setMaxChunkSize(LARGEST_CHUNK);
    client.pipeline().addLast(new Arrival(connection), new HttpServerCodec(decoder), connection);
    connection.begin();
    if (stopping) {
      connection.stop();
    }
  }

  private void expire() {
    var now = System.nanoTime();
    for (var connection : serving.open()) {
      if (connection.isOverdue(now)) {
        connection.onLoop(connection::expire);
      }
    }
  }

  /**
   * Stops: takes no more connections, lets requests in progress finish within {@link Limits#stop},
   * ends streams, and closes everything. Idempotent.
   */
  @Override
  public void close() {
    if (stopping) {
      return;
    }
    stopping = true;
    listeners.forEach(listener -> listener.close().awaitUninterruptibly());
    for (var socket : sockets) {
      try {
        socket.remove();
      } catch (IOException failure) {
        LOG.warn("could not remove {}: {}", socket.path(), failure.toString());
      }
    }
    serving.open().forEach(connection -> connection.onLoop(connection::stop));
    awaitConnections(serving.limits().stop());
    serving.open().forEach(Connection::abort);
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    acceptors.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private void awaitConnections(Duration most) {
    var until = System.nanoTime() + most.toNanos();
    for (var connection : serving.open()) {
      connection.awaitClosed(until - System.nanoTime());
    }
  }
}
