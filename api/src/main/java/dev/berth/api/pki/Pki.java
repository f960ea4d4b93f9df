package dev.berth.api.pki;

import dev.berth.api.http.Caller;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The credentials of a server, in files: a certificate authority of its own, the server's
 * certificate, an administrator's certificate and token. What is missing, ends soon or no longer
 * fits is made; what is fine is left alone.
 */
public final class Pki {
  private static final Logger LOG = LoggerFactory.getLogger(Pki.class);

  /** What has less time than this left is made again. */
  static final Duration RENEWED_BEFORE = Duration.ofDays(60);

  private static final String ADMINISTRATOR = "berth-admin";
  private static final int TOKEN_BYTES = 32;

  /** Extensions of X.509: the names of the key that signed and of the key that is certified. */
  private static final String AUTHORITY_KEY = "2.5.29.35";

  private static final String SUBJECT_KEY = "2.5.29.14";

  /** Before the name of a certified key stand the marks and lengths of two octet strings. */
  private static final int KEY_NAME_AT = 4;

  private final Path directory;
  private final InstantSource clock;
  private final SecureRandom random;

  /** What a TLS server needs, until it should be asked for again. */
  record ServerKeys(
      PrivateKey key, X509Certificate certificate, X509Certificate authority, Instant renewAt) {}

  /**
   * @param directory where the files are; made when it is not there
   */
  public Pki(Path directory, InstantSource clock, SecureRandom random) {
    this.directory = directory;
    this.clock = clock;
    this.random = random;
  }

  /** Has certificates in place for a server that listens on {@code address}. */
  public void prepare(InetSocketAddress address) throws IOException {
    try {
      SecretFile.directory(directory);
      var authority = authority();
      server(authority, ServerNames.of(address));
      administrator(authority);
    } catch (GeneralSecurityException impossible) {
      throw new IOException(
          "the credentials in %s cannot be used: %s".formatted(directory, impossible.getMessage()),
          impossible);
    }
  }

  /** Writes the file that makes kubectl an administrator of the server at {@code address}. */
  public void writeKubeconfig(InetSocketAddress address, Path file) throws IOException {
    new Kubeconfig(address, read("ca"), read("admin")).write(file);
  }

  /** The administrator's bearer token; made when there is none. */
  public String token() throws IOException {
    SecretFile.directory(directory);
    var file = directory.resolve("admin.token");
    if (!Files.exists(file)) {
      var bytes = new byte[TOKEN_BYTES];
      random.nextBytes(bytes);
      SecretFile.write(file, HexFormat.of().formatHex(bytes) + "\n");
    }
    return SecretFile.read(file).strip();
  }

  /** The server's keys as they are now in the files. */
  ServerKeys serverKeys() throws IOException, GeneralSecurityException {
    var authority = read("ca");
    var server = read("server");
    return new ServerKeys(
        server.key(),
        server.certificate(),
        authority.certificate(),
        server.certificate().getNotAfter().toInstant().minus(RENEWED_BEFORE));
  }

  private Credential read(String name) throws IOException {
    return Credential.read(directory, name)
        .orElseThrow(
            () ->
                new IOException(
                    directory.resolve(name + ".crt") + " has gone; restart to have it made again"));
  }

  private Credential authority() throws IOException, GeneralSecurityException {
    var found = Credential.read(directory, "ca");
    if (found.isPresent() && lives(found.get())) {
      return found.get();
    }
    LOG.info("making a certificate authority in {}", directory);
    var made = maker().authority();
    made.write(directory, "ca");
    return made;
  }

  private void server(Credential authority, Set<String> names)
      throws IOException, GeneralSecurityException {
    var found = Credential.read(directory, "server");
    if (found.isPresent()
        && isFine(found.get(), authority)
        && ServerNames.covers(found.get().certificate(), names)) {
      return;
    }
    requireKey(authority, "server");
    LOG.info("making a server certificate for {}", names);
    maker().server(authority, names).write(directory, "server");
  }

  private void administrator(Credential authority) throws IOException, GeneralSecurityException {
    var found = Credential.read(directory, "admin");
    if (found.isPresent() && isFine(found.get(), authority)) {
      return;
    }
    requireKey(authority, "admin");
    LOG.info("making an administrator's certificate");
    maker().client(authority, ADMINISTRATOR, Caller.ADMINISTRATORS).write(directory, "admin");
  }

  private void requireKey(Credential authority, String wanted) throws IOException {
    if (!authority.hasKey()) {
      throw new IOException(
          "%s must be made, but the authority's key %s is not there; put it back, or remove %s to begin with a new authority"
              .formatted(
                  directory.resolve(wanted + ".crt"),
                  directory.resolve("ca.key"),
                  directory.resolve("ca.crt")));
    }
  }

  private boolean isFine(Credential credential, Credential authority) {
    return credential.hasKey() && lives(credential) && isSigned(credential, authority);
  }

  private boolean lives(Credential credential) {
    var end = credential.certificate().getNotAfter().toInstant();
    return clock.instant().plus(RENEWED_BEFORE).isBefore(end);
  }

  /**
   * Whether the authority made a certificate, by the names that both give the authority's key:
   * whoever could forge these could replace the files, and computing the first signature takes 60
   * ms of every start. Only where these names are missing is the signature computed.
   */
  private static boolean isSigned(Credential credential, Credential authority) {
    var certificate = credential.certificate();
    var named = certificate.getExtensionValue(AUTHORITY_KEY);
    var own = authority.certificate().getExtensionValue(SUBJECT_KEY);
    if (named == null || own == null || own.length <= KEY_NAME_AT) {
      return verifies(certificate, authority.certificate());
    }
    return certificate
            .getIssuerX500Principal()
            .equals(authority.certificate().getSubjectX500Principal())
        && endsWith(named, Arrays.copyOfRange(own, KEY_NAME_AT, own.length));
  }

  private static boolean verifies(X509Certificate certificate, X509Certificate authority) {
    try {
      certificate.verify(authority.getPublicKey());
      return true;
    } catch (GeneralSecurityException _) {
      return false;
    }
  }

  private static boolean endsWith(byte[] bytes, byte[] end) {
    return bytes.length >= end.length
        && Arrays.equals(bytes, bytes.length - end.length, bytes.length, end, 0, end.length);
  }

  private CertificateMaker maker() {
    return new CertificateMaker(random, clock.instant());
  }
}
