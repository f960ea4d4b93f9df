package dev.berth.api.http;

import io.netty.handler.ssl.SslContext;
import java.util.concurrent.CompletionStage;

/** Gives the keys and rules of TLS when a connection needs them. */
public interface TlsSource {

  /** The present context; called for each connection, on an event loop: must not wait. */
  CompletionStage<SslContext> context();
}
