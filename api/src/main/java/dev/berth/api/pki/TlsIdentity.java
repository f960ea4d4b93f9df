package dev.berth.api.pki;

import dev.berth.api.http.TlsSource;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
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
  private final SecureRandom random;
  private final Executor worker;
  private @Nullable CompletableFuture<SSLContext> present;
  private Instant renewAt = Instant.MAX;

  /** Puts certificates that last into the files. */
  public interface Renewal {
    void run() throws IOException;
  }

  /**
   * @param worker where it is set up
   */
  public TlsIdentity(
      Pki pki, Renewal renewal, InstantSource clock, SecureRandom random, Executor worker) {
    this.pki = pki;
    this.renewal = renewal;
    this.clock = clock;
    this.random = random;
    this.worker = worker;
  }

  @Override
  public synchronized CompletionStage<SSLContext> context() {
    var known = present;
    if (known == null) {
      var first = new CompletableFuture<SSLContext>();
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

  private void begin(CompletableFuture<SSLContext> first) {
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
      LOG.error(
          "the server's certificate could not be renewed, trying again later: {}",
          failure.toString());
    }
  }

  private synchronized void become(@Nullable CompletableFuture<SSLContext> context, Instant until) {
    present = context;
    renewAt = until;
  }

  /** Straight from the JDK: Netty's way to the same would load all of BouncyCastle. */
  private SSLContext context(Pki.ServerKeys keys) throws IOException, GeneralSecurityException {
    var trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", keys.authority());
    var verifiers = TrustManagerFactory.getInstance("PKIX");
    verifiers.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(
        new KeyManager[] {new OwnKey(keys.key(), keys.certificate())},
        verifiers.getTrustManagers(),
        random);
    return context;
  }
}
