package dev.berth.api.pki;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Set;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Makes keys and certificates. The only user of BouncyCastle, which is large and loads slowly: it
 * is touched only when something has to be made.
 */
final class CertificateMaker {
  private static final Duration CLOCK_SKEW = Duration.ofHours(1);
  private static final Duration AUTHORITY_LIFE = Duration.ofDays(3650);
  private static final Duration LIFE = Duration.ofDays(365);
  private static final int SERIAL_BITS = 127;

  private final SecureRandom random;
  private final Instant now;

  CertificateMaker(SecureRandom random, Instant now) {
    this.random = random;
    this.now = now;
  }

  Credential authority() throws GeneralSecurityException, IOException {
    var keys = keys();
    var name = new X500Name("CN=berth-ca@" + now.getEpochSecond());
    var builder = builder(name, name, keys, AUTHORITY_LIFE);
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
    builder.addExtension(
        Extension.keyUsage,
        true,
        new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign | KeyUsage.cRLSign));
    return sign(builder, keys, keys);
  }

  /**
   * @param names DNS names and addresses under which the server is reached
   */
  Credential server(Credential authority, Set<String> names)
      throws GeneralSecurityException, IOException {
    var keys = keys();
    var builder = leaf(authority, "CN=berth-server", keys, KeyPurposeId.id_kp_serverAuth);
    var general =
        names.stream()
            .map(
                name ->
                    new GeneralName(
                        ServerNames.isAddress(name) ? GeneralName.iPAddress : GeneralName.dNSName,
                        name))
            .toArray(GeneralName[]::new);
    builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(general));
    return signedBy(authority, builder, keys);
  }

  Credential client(Credential authority, String user, String group)
      throws GeneralSecurityException, IOException {
    var keys = keys();
    var builder =
        leaf(authority, "O=" + group + ",CN=" + user, keys, KeyPurposeId.id_kp_clientAuth);
    return signedBy(authority, builder, keys);
  }

  private KeyPair keys() throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), random);
    return generator.generateKeyPair();
  }

  private JcaX509v3CertificateBuilder leaf(
      Credential authority, String subject, KeyPair keys, KeyPurposeId purpose)
      throws GeneralSecurityException, IOException {
    var issuer =
        X500Name.getInstance(authority.certificate().getSubjectX500Principal().getEncoded());
    var builder = builder(issuer, new X500Name(subject), keys, LIFE);
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
    builder.addExtension(
        Extension.authorityKeyIdentifier, false, authorityKey(authority.certificate()));
    return builder;
  }

  /** The authority's key by the name that its certificate gives it, and by nothing else. */
  private static AuthorityKeyIdentifier authorityKey(X509Certificate authority)
      throws GeneralSecurityException, IOException {
    var named = authority.getExtensionValue(Extension.subjectKeyIdentifier.getId());
    if (named == null) {
      return new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(authority.getPublicKey());
    }
    var name = SubjectKeyIdentifier.getInstance(JcaX509ExtensionUtils.parseExtensionValue(named));
    return new AuthorityKeyIdentifier(name.getKeyIdentifier());
  }

  private JcaX509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, KeyPair keys, Duration life)
      throws GeneralSecurityException, IOException {
    var builder =
        new JcaX509v3CertificateBuilder(
            issuer,
            new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS - 1),
            Date.from(now.minus(CLOCK_SKEW)),
            Date.from(now.plus(life)),
            subject,
            keys.getPublic());
    builder.addExtension(
        Extension.subjectKeyIdentifier,
        false,
        new JcaX509ExtensionUtils().createSubjectKeyIdentifier(keys.getPublic()));
    return builder;
  }

  private static Credential signedBy(
      Credential authority, JcaX509v3CertificateBuilder builder, KeyPair keys)
      throws GeneralSecurityException {
    var issuer = new KeyPair(authority.certificate().getPublicKey(), authority.key());
    return sign(builder, keys, issuer);
  }

  private static Credential sign(JcaX509v3CertificateBuilder builder, KeyPair keys, KeyPair issuer)
      throws GeneralSecurityException {
    try {
      var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(issuer.getPrivate());
      X509Certificate certificate =
          new JcaX509CertificateConverter().getCertificate(builder.build(signer));
      return Credential.of(certificate, keys.getPrivate());
    } catch (OperatorCreationException unsupported) {
      throw new GeneralSecurityException(unsupported);
    }
  }
}
