package dev.berth.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.api.http.Limits;
import dev.berth.api.http.Transport;
import dev.berth.api.http.Wire;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may do what over TLS, as curl sees it. */
@Timeout(60)
class TlsTest {
  private static TestServer server;
  private static TestServer stranger;

  @BeforeAll
  static void start() throws IOException {
    server = TestServer.start();
    stranger = new TestServer(Limits.DEFAULT, Transport.NIO);
  }

  @AfterAll
  static void stop() throws IOException {
    server.close();
    stranger.close();
  }

  private static String pki(TestServer of, String file) {
    return of.directory.resolve("pki").resolve(file).toString();
  }

  private static Outcome curl(TestServer at, String path, String... more) {
    var command = new ArrayList<String>();
    command.addAll(List.of("curl", "-sS", "--max-time", "20", "-w", " %{http_code}", "--cacert"));
    command.add(pki(at, "ca.crt"));
    command.addAll(List.of(more));
    command.add(at.url() + path);
    return at.run("", command);
  }

  @Test
  void everybodyMayAskHowItIs() {
    for (var path : List.of("/livez", "/readyz", "/healthz", "/version")) {
      assertThat(curl(server, path).success()).as(path).endsWith(" 200");
    }
  }

  @Test
  void nobodyElseMayAskMore() {
    for (var path : List.of("/api", "/metrics", "/api/v1/pods", "/nothing", "/openapi/v3")) {
      assertThat(curl(server, path).success())
          .as(path)
          .contains("\"message\":\"Unauthorized\",\"reason\":\"Unauthorized\"")
          .endsWith(" 401");
    }
    assertThat(curl(server, "/api/v1/nodes", "-d", "x".repeat(1000)).success()).endsWith(" 401");
  }

  @Test
  void theTokenIsTheAdministrators() throws IOException {
    var token = Files.readString(server.directory.resolve("pki/admin.token")).strip();
    assertThat(curl(server, "/api/v1/pods", "-H", "Authorization: Bearer " + token).success())
        .endsWith(" 200");
    for (var wrong : List.of("Bearer x" + token, "Bearer", "Basic " + token, token)) {
      assertThat(curl(server, "/api/v1/pods", "-H", "Authorization: " + wrong).success())
          .as(wrong)
          .endsWith(" 401");
    }
    assertThat(
            server
                .run(
                    "",
                    List.of(
                        "kubectl",
                        "--server=" + server.url(),
                        "--certificate-authority=" + pki(server, "ca.crt"),
                        "--token=" + token,
                        "get",
                        "ns",
                        "-o",
                        "name"))
                .success())
        .contains("namespace/default");
  }

  @Test
  void theCertificateIsTheAdministrators() {
    for (var at : List.of(server, stranger)) {
      assertThat(
              curl(
                      at,
                      "/api/v1/pods",
                      "--cert",
                      pki(at, "admin.crt"),
                      "--key",
                      pki(at, "admin.key"))
                  .success())
          .endsWith(" 200");
    }
  }

  @Test
  void aStrangersCertificateIsRefused() {
    var outcome =
        curl(
            server,
            "/api/v1/pods",
            "--cert",
            pki(stranger, "admin.crt"),
            "--key",
            pki(stranger, "admin.key"));
    assertThat(outcome.out()).doesNotEndWith(" 200");
    var kubectl =
        server.run(
            "",
            List.of(
                "kubectl",
                "--server=" + server.url(),
                "--certificate-authority=" + pki(server, "ca.crt"),
                "--client-certificate=" + pki(stranger, "admin.crt"),
                "--client-key=" + pki(stranger, "admin.key"),
                "get",
                "pods"));
    assertThat(kubectl.code()).isNotZero();
  }

  @Test
  void aServersCertificateIsNoClients() {
    var outcome =
        curl(
            server,
            "/api/v1/pods",
            "--cert",
            pki(server, "server.crt"),
            "--key",
            pki(server, "server.key"));
    assertThat(outcome.out()).doesNotEndWith(" 200");
  }

  @Test
  void plainHttpIsNotSpoken() throws IOException {
    try (var wire = Wire.over(new Socket(InetAddress.ofLiteral("127.0.0.1"), server.port()))) {
      wire.send("GET /livez HTTP/1.1\r\n\r\n");
      wire.awaitEnd();
    }
  }

  private static Limits impatient() {
    var limits = Limits.DEFAULT;
    return new Limits(
        limits.connections(),
        limits.localConnections(),
        limits.requestLine(),
        limits.headers(),
        limits.body(),
        limits.bodies(),
        limits.pipelined(),
        limits.requests(),
        limits.streams(),
        limits.idle(),
        Duration.ofMillis(300),
        limits.receive(),
        limits.send(),
        limits.stop());
  }

  @Test
  void aStrangerIsNotWaitedForAsLongAsAUser() throws Exception {
    try (var own = TestServer.start(impatient());
        var stranger = Wire.over(tls(own));
        var user = Wire.over(tls(own))) {
      var token = Files.readString(own.directory.resolve("pki/admin.token")).strip();
      assertThat(user.get("/livez", "Authorization: Bearer " + token).code()).isEqualTo(200);
      assertThat(stranger.get("/livez").code()).isEqualTo(200);
      stranger.awaitEnd();
      assertThat(user.get("/livez").code()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @CsvSource({"TLSv1.3,", "TLSv1.2,", "TLSv1.3,TLS_AES_256_GCM_SHA384"})
  void theCheapestCipherThatTheClientKnowsIsChosen(String version, @Nullable String only)
      throws Exception {
    try (var socket = (SSLSocket) tls(server)) {
      socket.setEnabledProtocols(new String[] {version});
      if (only != null) {
        socket.setEnabledCipherSuites(new String[] {only});
      }
      assertThat(socket.getSession().getProtocol()).isEqualTo(version);
      assertThat(socket.getSession().getCipherSuite())
          .contains(only == null ? "CHACHA20_POLY1305" : only);
    }
  }

  private static Socket tls(TestServer to) throws Exception {
    var trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (var file = Files.newInputStream(Path.of(pki(to, "ca.crt")))) {
      var authority = CertificateFactory.getInstance("X.509").generateCertificate(file);
      trusted.setCertificateEntry("ca", authority);
    }
    var trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), new SecureRandom());
    return context.getSocketFactory().createSocket("127.0.0.1", to.port());
  }

  @Test
  void aHandshakeThatNeverComesIsGivenUp() throws IOException {
    try (var own = TestServer.start(impatient());
        var wire = Wire.over(new Socket(InetAddress.ofLiteral("127.0.0.1"), own.port()))) {
      wire.awaitEnd();
    }
  }

  @Test
  void anAddressInUseIsNamed() {
    var config = server.config(Limits.DEFAULT);
    var taken =
        new ApiConfig(
            Objects.requireNonNull(server.server.address()),
            null,
            config.pki(),
            config.kubeconfig(),
            config.version(),
            config.bookmarkPeriod(),
            config.limits());
    for (var transport : Transport.values()) {
      assertThatThrownBy(() -> ApiServer.start(taken, server.foundation(), transport))
          .isInstanceOf(BindException.class)
          .hasMessageContaining("address in use");
    }
    var unknown =
        new ApiConfig(
            InetSocketAddress.createUnresolved("no-such-host.invalid", 1),
            null,
            config.pki(),
            config.kubeconfig(),
            config.version(),
            config.bookmarkPeriod(),
            config.limits());
    assertThatThrownBy(() -> ApiServer.start(unknown, server.foundation()))
        .hasMessageContaining("no address is known for this host");
  }
}
