package dev.berth.api.pki;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;

/**
 * A certificate and, kept beside it, its private key.
 *
 * @param certificatePem as in its file
 * @param keyPem as in its file; empty when the key is not here
 */
record Credential(X509Certificate certificate, String certificatePem, String keyPem) {
  private static final String KEY_BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String KEY_END = "-----END PRIVATE KEY-----";

  /**
   * Reads {@code NAME.crt} and {@code NAME.key}.
   *
   * @return empty when there is no certificate
   */
  static Optional<Credential> read(Path directory, String name) throws IOException {
    var certificate = directory.resolve(name + ".crt");
    var key = directory.resolve(name + ".key");
    if (!Files.exists(certificate)) {
      return Optional.empty();
    }
    var pem = SecretFile.read(certificate);
    try {
      return Optional.of(
          new Credential(decode(pem), pem, Files.exists(key) ? SecretFile.read(key) : ""));
    } catch (GeneralSecurityException malformed) {
      throw new IOException(
          "%s is not a certificate; remove it together with %s to have both made again"
              .formatted(certificate, key),
          malformed);
    }
  }

  /** Writes both files, the key first: a certificate is never there without its key. */
  void write(Path directory, String name) throws IOException {
    SecretFile.write(directory.resolve(name + ".key"), keyPem);
    SecretFile.write(directory.resolve(name + ".crt"), certificatePem);
  }

  private static X509Certificate decode(String pem) throws GeneralSecurityException {
    var factory = CertificateFactory.getInstance("X.509");
    var bytes = pem.getBytes(StandardCharsets.US_ASCII);
    return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(bytes));
  }

  PrivateKey key() throws GeneralSecurityException {
    var begin = keyPem.indexOf(KEY_BEGIN);
    var end = keyPem.indexOf(KEY_END);
    if (begin < 0 || end < begin) {
      throw new GeneralSecurityException("there is no private key in PKCS#8 form");
    }
    var body = keyPem.substring(begin + KEY_BEGIN.length(), end);
    var bytes = Base64.getMimeDecoder().decode(body);
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(bytes));
  }

  boolean hasKey() {
    return !keyPem.isEmpty();
  }

  static Credential of(X509Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    return new Credential(
        certificate,
        pem("CERTIFICATE", certificate.getEncoded()),
        pem("PRIVATE KEY", key.getEncoded()));
  }

  private static String pem(String what, byte[] bytes) {
    var encoder = Base64.getMimeEncoder(64, new byte[] {'\n'});
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(what, encoder.encodeToString(bytes), what);
  }
}
