package dev.berth.api.pki;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsIdentityTest {
  private static final InetSocketAddress LOCAL =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 6443);

  private final SecureRandom random = new SecureRandom();
  private final Deque<Runnable> work = new ArrayDeque<>();

  @TempDir private Path directory;
  private Instant now = Instant.parse("2026-11-21T00:00:00Z");

  @BeforeEach
  void prepare() throws IOException {
    pki().prepare(LOCAL);
  }

  private Pki pki() {
    return new Pki(directory, () -> now, random);
  }

  private TlsIdentity identity() {
    return new TlsIdentity(pki(), () -> pki().prepare(LOCAL), () -> now, random, work::add);
  }

  @Test
  void itIsSetUpOnceWhenTheFirstClientComes() {
    var identity = identity();
    assertThat(work).isEmpty();
    var first = identity.context().toCompletableFuture();
    var second = identity.context().toCompletableFuture();
    assertThat(first).isNotDone();
    assertThat(work).hasSize(1);
    work.remove().run();
    assertThat(first).isCompleted();
    assertThat(second.join()).isSameAs(first.join());
    assertThat(identity.context().toCompletableFuture().join()).isSameAs(first.join());
    assertThat(work).isEmpty();
  }

  @Test
  void aServerThatRunsForLongRenewsItsCertificate() throws IOException {
    var identity = identity();
    var old = identity.context().toCompletableFuture();
    work.remove().run();
    var certificate = Files.readString(directory.resolve("server.crt"));
    now = now.plus(Duration.ofDays(310));
    assertThat(identity.context().toCompletableFuture().join()).isSameAs(old.join());
    assertThat(identity.context()).isCompleted();
    assertThat(work).hasSize(1);
    work.remove().run();
    assertThat(identity.context().toCompletableFuture().join()).isNotSameAs(old.join());
    assertThat(directory.resolve("server.crt")).content().isNotEqualTo(certificate);
  }

  @Test
  void aRenewalThatFailsIsTriedAgainLater() throws IOException {
    var identity = identity();
    var old = identity.context().toCompletableFuture();
    work.remove().run();
    Files.delete(directory.resolve("ca.key"));
    now = now.plus(Duration.ofDays(310));
    identity.context();
    work.remove().run();
    assertThat(identity.context().toCompletableFuture().join()).isSameAs(old.join());
    assertThat(work).isEmpty();
    now = now.plus(Duration.ofHours(2));
    identity.context();
    assertThat(work).hasSize(1);
  }

  @Test
  void aFirstSetUpThatFailsIsTriedAgainWithTheNextClient() throws IOException {
    var kept = Files.readString(directory.resolve("server.crt"));
    Files.delete(directory.resolve("server.crt"));
    var identity = identity();
    var failed = identity.context().toCompletableFuture();
    work.remove().run();
    assertThat(failed).isCompletedExceptionally();
    Files.writeString(directory.resolve("server.crt"), kept);
    var context = identity.context().toCompletableFuture();
    work.remove().run();
    assertThat(context).isCompletedWithValueMatching(made -> made.getProtocol().equals("TLS"));
  }
}
