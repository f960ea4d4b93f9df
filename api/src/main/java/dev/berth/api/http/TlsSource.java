package dev.berth.api.http;

import java.util.concurrent.CompletionStage;
import javax.net.ssl.SSLContext;

/** Gives the keys and rules of TLS when a connection needs them. */
public interface TlsSource {

  /** The present context; called for each connection, on an event loop: must not wait. */
  CompletionStage<SSLContext> context();
}
