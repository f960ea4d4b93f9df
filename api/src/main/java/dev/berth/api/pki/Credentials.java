package dev.berth.api.pki;

import dev.berth.api.http.Authenticator;
import dev.berth.api.http.Caller;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.Set;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import org.jspecify.annotations.Nullable;

/** Tells callers by their client certificate or by the administrator's token. */
public final class Credentials implements Authenticator {
  private static final String BEARER = "bearer ";
  private static final Caller ADMINISTRATOR =
      new Caller.User("berth-admin", Set.of(Caller.ADMINISTRATORS));

  private final byte[] token;

  /**
   * @param token of the administrator
   */
  public Credentials(String token) {
    this.token = token.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public Caller identify(@Nullable X509Certificate certificate, @Nullable String authorization) {
    if (certificate != null) {
      return user(certificate);
    }
    if (authorization == null) {
      return new Caller.Anonymous();
    }
    if (!authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return new Caller.Impostor();
    }
    var given = authorization.substring(BEARER.length()).strip().getBytes(StandardCharsets.UTF_8);
    return MessageDigest.isEqual(given, token) ? ADMINISTRATOR : new Caller.Impostor();
  }

  /** As in Kubernetes: the common name is the user, organizations are groups. */
  private static Caller user(X509Certificate certificate) {
    try {
      var name = "";
      var groups = new HashSet<String>();
      for (var part : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
        switch (part.getType()) {
          case "CN" -> name = part.getValue().toString();
          case "O" -> groups.add(part.getValue().toString());
          default -> {}
        }
      }
      return new Caller.User(name, groups);
    } catch (InvalidNameException _) {
      return new Caller.Impostor();
    }
  }
}
