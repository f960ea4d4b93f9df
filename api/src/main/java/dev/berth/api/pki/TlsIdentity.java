package dev.berth.api.pki;

import dev.berth.api.http.TlsSource;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's side of TLS. It is set up when the first client comes, since that takes a while, and
 * again when the certificate has to be renewed while the server runs.
 */
public final class TlsIdentity implements TlsSource {
  private static final Logger LOG = LoggerFactory.getLogger(TlsIdentity.class);
  private static final Duration RETRY = Duration.ofHours(1);

  private final Pki pki;
  private final Renewal renewal;
  private final InstantSource clock;
  private final Executor worker;
  private @Nullable CompletableFuture<SslContext> present;
  private Instant renewAt = Instant.MAX;

  /** Puts certificates that last into the files. */
  public interface Renewal {
    void run() throws IOException;
  }

  /**
   * @param worker where it is set up
   */
  public TlsIdentity(Pki pki, Renewal renewal, InstantSource clock, Executor worker) {
    this.pki = pki;
    this.renewal = renewal;
    this.clock = clock;
    this.worker = worker;
  }

  @Override
  public synchronized CompletionStage<SslContext> context() {
    var known = present;
    if (known == null) {
      var first = new CompletableFuture<SslContext>();
      present = first;
      worker.execute(() -> begin(first));
      return first;
    }
    if (clock.instant().isAfter(renewAt)) {
      renewAt = clock.instant().plus(RETRY);
      worker.execute(this::renew);
    }
    return known;
  }

  private void begin(CompletableFuture<SslContext> first) {
    try {
      var keys = pki.serverKeys();
      var context = context(keys);
      become(first, keys.renewAt());
      first.complete(context);
    } catch (IOException | GeneralSecurityException | RuntimeException failure) {
      become(null, Instant.MAX);
      first.completeExceptionally(failure);
    }
  }

  private void renew() {
    try {
      renewal.run();
      var keys = pki.serverKeys();
      become(CompletableFuture.completedFuture(context(keys)), keys.renewAt());
    } catch (IOException | GeneralSecurityException | RuntimeException failure) {
      LOG.error("the server's certificate could not be renewed, trying again later", failure);
    }
  }

  private synchronized void become(@Nullable CompletableFuture<SslContext> context, Instant until) {
    present = context;
    renewAt = until;
  }

  private static SslContext context(Pki.ServerKeys keys) throws IOException {
    return SslContextBuilder.forServer(keys.key(), keys.certificate())
        .sslProvider(SslProvider.JDK)
        .protocols("TLSv1.3", "TLSv1.2")
        .trustManager(keys.authority())
        .clientAuth(ClientAuth.OPTIONAL)
        .build();
  }
}
