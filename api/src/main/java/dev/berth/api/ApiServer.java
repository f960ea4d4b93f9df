package dev.berth.api;

import dev.berth.api.http.Authenticator;
import dev.berth.api.http.Caller;
import dev.berth.api.http.HttpServer;
import dev.berth.api.http.Transport;
import dev.berth.api.pki.Credentials;
import dev.berth.api.pki.Pki;
import dev.berth.api.pki.TlsIdentity;
import dev.berth.api.rest.ApiHandler;
import dev.berth.api.rest.Routes;
import dev.berth.core.explain.Explanations;
import dev.berth.core.node.NodeAccess;
import dev.berth.core.observe.Meters;
import dev.berth.core.registry.Resources;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The API as it is served: listening from {@link #start} until {@link #close}. */
public final class ApiServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

  /** Why a server whose unix socket already answers is not ready. */
  private static final String NOT_LISTENING =
      "TLS is not spoken yet: its credentials are being made";

  private final HttpServer http;
  private final @Nullable InetSocketAddress address;

  private ApiServer(HttpServer http, @Nullable InetSocketAddress address) {
    this.http = http;
    this.address = address;
  }

  /**
   * What the API stands on.
   *
   * @param explanations who can say why something waits; empty where nothing is decided
   * @param metrics the text that {@code /metrics} gives
   * @param unready what is missing before everything can be served, each a sentence; empty when
   *     nothing is
   */
  public record Foundation(
      Resources resources,
      NodeAccess nodes,
      Optional<Explanations> explanations,
      Meters meters,
      Supplier<byte[]> metrics,
      Supplier<List<String>> unready,
      InstantSource clock) {}

  /**
   * Makes the credentials where they are missing, ahead of {@link #start}, which then finds them.
   *
   * @throws IOException when the credentials cannot be used
   */
  public static void prepareCredentials(ApiConfig config, InstantSource clock) throws IOException {
    var listen = config.listen();
    if (listen != null && !listen.isUnresolved()) {
      new Pki(config.pki(), clock, new SecureRandom()).prepare(listen);
    }
  }

  /**
   * Makes the credentials where they are missing and begins to serve.
   *
   * @throws BindException when an address is in use
   * @throws IOException when the credentials cannot be used or an address cannot be listened on
   */
  public static ApiServer start(ApiConfig config, Foundation on) throws IOException {
    return start(config, on, Transport.best());
  }

  static ApiServer start(ApiConfig config, Foundation on, Transport transport) throws IOException {
    var listening = new AtomicBoolean(config.listen() == null);
    var routes =
        new Routes(
            on.resources(),
            on.nodes(),
            on.explanations(),
            on.clock(),
            config.version(),
            on.metrics(),
            () -> listening.get() ? on.unready().get() : List.of(NOT_LISTENING),
            config.bookmarkPeriod());
    var handler = new ApiHandler(routes, config.limits(), on.meters());
    var random = new SecureRandom();
    var pki = new Pki(config.pki(), on.clock(), random);
    var authenticator = config.listen() == null ? nobody() : new Credentials(pki.token());
    var http = new HttpServer(transport, config.limits(), handler, authenticator, on.meters());
    try {
      var address = listen(config, http, pki, on.clock(), random);
      listening.set(true);
      return new ApiServer(http, address);
    } catch (IOException | RuntimeException failure) {
      http.close();
      throw failure;
    }
  }

  private static Authenticator nobody() {
    return (certificate, authorization) -> new Caller.Anonymous();
  }

  private static @Nullable InetSocketAddress listen(
      ApiConfig config, HttpServer http, Pki pki, InstantSource clock, SecureRandom random)
      throws IOException {
    var socket = config.socket();
    if (socket != null) {
      http.listen(socket);
      LOG.info("listening on {}", socket);
    }
    var listen = config.listen();
    if (listen == null) {
      return null;
    }
    if (listen.isUnresolved()) {
      throw new IOException(
          "cannot listen on %s: no address is known for this host".formatted(listen));
    }
    pki.prepare(listen);
    var bound = new AtomicReference<>(listen);
    var tls =
        new TlsIdentity(
            pki,
            () -> {
              pki.prepare(bound.get());
              pki.writeKubeconfig(bound.get(), config.kubeconfig());
            },
            clock,
            random,
            task -> Thread.ofVirtual().name("tls").start(task));
    var address = http.listen(listen, tls);
    bound.set(address);
    pki.writeKubeconfig(address, config.kubeconfig());
    LOG.info("listening on https://{}:{}", address.getHostString(), address.getPort());
    return address;
  }

  /** Where TLS is spoken; null when it is not. */
  public @Nullable InetSocketAddress address() {
    return address;
  }

  /** Finishes requests in progress, ends streams, and stops. Idempotent. */
  @Override
  public void close() {
    http.close();
  }
}
