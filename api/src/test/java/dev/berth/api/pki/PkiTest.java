package dev.berth.api.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PkiTest {
  private static final InetSocketAddress LOCAL =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 6443);

  @TempDir private Path directory;
  private Instant now = Instant.parse("2026-11-21T00:00:00Z");

  private Pki pki() {
    return new Pki(directory.resolve("pki"), () -> now, new SecureRandom());
  }

  private Path kubeconfig() {
    return directory.resolve("admin.kubeconfig");
  }

  private void prepare(InetSocketAddress address) throws IOException {
    var pki = pki();
    pki.prepare(address);
    pki.token();
    pki.writeKubeconfig(address, kubeconfig());
  }

  private Map<String, String> files() throws IOException {
    var contents = new TreeMap<String, String>();
    try (var files = Files.walk(directory)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        contents.put(
            directory.relativize(file).toString(),
            Files.readString(file) + Files.getLastModifiedTime(file));
      }
    }
    return contents;
  }

  @Test
  void theFirstStartMakesAllAndOnlyItsOwnerMayReadIt() throws IOException {
    prepare(LOCAL);
    assertThat(files().keySet())
        .containsExactly(
            "admin.kubeconfig",
            "pki/admin.crt",
            "pki/admin.key",
            "pki/admin.token",
            "pki/ca.crt",
            "pki/ca.key",
            "pki/server.crt",
            "pki/server.key");
    for (var file : files().keySet()) {
      assertThat(Files.getPosixFilePermissions(directory.resolve(file)))
          .as(file)
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
    assertThat(kubeconfig()).content().contains("server: https://127.0.0.1:6443\n");
  }

  @Test
  void theSecondStartChangesNothing() throws IOException {
    prepare(LOCAL);
    var before = files();
    now = now.plus(Duration.ofDays(300));
    prepare(LOCAL);
    assertThat(files()).isEqualTo(before);
  }

  @Test
  void whatAnotherAuthoritySignedIsMadeAgain() throws IOException {
    prepare(LOCAL);
    var before = files();
    Files.delete(directory.resolve("pki/ca.crt"));
    prepare(LOCAL);
    var after = files();
    for (var file : List.of("pki/ca.crt", "pki/server.crt", "pki/admin.crt")) {
      assertThat(after.get(file)).as(file).isNotEqualTo(before.get(file));
    }
    var again = files();
    prepare(LOCAL);
    assertThat(files()).isEqualTo(again);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"hash", "none", "0102", "000102030405060708090a0b0c0d0e0f1011121314151617"})
  void anAuthorityOfSomebodyElseServesHoweverItNamesItsKey(String name) throws Exception {
    now = Instant.now();
    var pki = Files.createDirectories(directory.resolve("pki"));
    var openssl =
        new ProcessBuilder(
                ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 300"
                        + " -subj /CN=ours -keyout ca.key -out ca.crt"
                        + " -addext subjectKeyIdentifier="
                        + name)
                    .split(" "))
            .directory(pki.toFile())
            .redirectErrorStream(true)
            .start();
    assertThat(openssl.inputReader().readAllAsString()).isNotNull();
    assertThat(openssl.waitFor()).isZero();
    prepare(LOCAL);
    var before = files();
    prepare(LOCAL);
    assertThat(files()).isEqualTo(before);
    Credential.read(pki, "server")
        .orElseThrow()
        .certificate()
        .verify(Credential.read(pki, "ca").orElseThrow().certificate().getPublicKey());
  }

  @Test
  void whatEndsSoonIsRenewedWithTheSameAuthority() throws IOException {
    prepare(LOCAL);
    var before = files();
    now = now.plus(Duration.ofDays(310));
    prepare(LOCAL);
    var after = files();
    assertThat(after).containsEntry("pki/ca.crt", before.get("pki/ca.crt"));
    assertThat(after).containsEntry("pki/admin.token", before.get("pki/admin.token"));
    assertThat(after.get("pki/server.crt")).isNotEqualTo(before.get("pki/server.crt"));
    assertThat(after.get("pki/admin.crt")).isNotEqualTo(before.get("pki/admin.crt"));
    assertThat(after.get("admin.kubeconfig")).isNotEqualTo(before.get("admin.kubeconfig"));
  }

  @Test
  void aNewAddressNeedsOnlyANewServerCertificate() throws Exception {
    prepare(LOCAL);
    var before = files();
    prepare(new InetSocketAddress(InetAddress.ofLiteral("192.0.2.7"), 7443));
    var after = files();
    assertThat(after).containsEntry("pki/admin.crt", before.get("pki/admin.crt"));
    assertThat(after.get("pki/server.crt")).isNotEqualTo(before.get("pki/server.crt"));
    assertThat(kubeconfig()).content().contains("server: https://192.0.2.7:7443\n");
    assertThat(pki().serverKeys().certificate().getSubjectAlternativeNames().toString())
        .contains("192.0.2.7", "127.0.0.1", "localhost", "0:0:0:0:0:0:0:1");
    prepare(LOCAL);
    assertThat(files()).containsEntry("pki/server.crt", after.get("pki/server.crt"));
  }

  @Test
  void listeningEverywhereIsReachedLocally() throws IOException {
    prepare(new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 6443));
    assertThat(kubeconfig()).content().contains("server: https://127.0.0.1:6443\n");
    prepare(new InetSocketAddress(InetAddress.ofLiteral("::1"), 6443));
    assertThat(kubeconfig()).content().contains("server: https://[0:0:0:0:0:0:0:1]:6443\n");
  }

  @Test
  void whatUsersAddToTheKubeconfigStays() throws IOException {
    prepare(LOCAL);
    Files.writeString(
        kubeconfig(), Files.readString(kubeconfig()) + "- name: mine\n", StandardCharsets.UTF_8);
    prepare(LOCAL);
    assertThat(kubeconfig()).content().endsWith("- name: mine\n");
  }

  @Test
  void anAuthorityWithoutItsKeyServesAsLongAsNothingMustBeMade() throws IOException {
    prepare(LOCAL);
    Files.delete(directory.resolve("pki/ca.key"));
    prepare(LOCAL);
    now = now.plus(Duration.ofDays(310));
    assertThatThrownBy(() -> prepare(LOCAL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("pki/server.crt must be made, but the authority's key")
        .hasMessageContaining("put it back");
  }

  @Test
  void aBrokenCertificateIsNamed() throws IOException {
    prepare(LOCAL);
    Files.writeString(directory.resolve("pki/server.crt"), "garbage");
    assertThatThrownBy(() -> prepare(LOCAL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("pki/server.crt is not a certificate; remove it");
  }

  @Test
  void aStartThatWasKilledHalfwayIsFinished() throws IOException {
    prepare(LOCAL);
    var before = files();
    for (var lost : List.of("pki/server.crt", "pki/admin.crt", "admin.kubeconfig")) {
      Files.delete(directory.resolve(lost));
    }
    Files.writeString(directory.resolve("pki/.server.crt.new"), "half");
    prepare(LOCAL);
    assertThat(files().keySet()).isEqualTo(before.keySet());
  }

  @Test
  void whatOthersMayReadIsTakenFromThem() throws IOException {
    prepare(LOCAL);
    var key = directory.resolve("pki/server.key");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
    prepare(LOCAL);
    assertThat(Files.getPosixFilePermissions(key))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }
}
