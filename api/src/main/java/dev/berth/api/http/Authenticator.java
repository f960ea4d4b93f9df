package dev.berth.api.http;

import java.security.cert.X509Certificate;
import org.jspecify.annotations.Nullable;

/** Tells who sends a request. Called on event loops: it only computes. */
public interface Authenticator {

  /**
   * @param certificate of the client, verified by the TLS handshake; null when it sent none
   * @param authorization the header's value, null when there was none
   */
  Caller identify(@Nullable X509Certificate certificate, @Nullable String authorization);
}
