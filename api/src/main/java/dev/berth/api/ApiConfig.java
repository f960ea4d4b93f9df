package dev.berth.api;

import dev.berth.api.http.Limits;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where and how the API is served.
 *
 * @param listen for TLS; null for none; port 0 for any free one
 * @param socket the unix socket; null for none
 * @param pki the directory of certificates, keys and the administrator's token
 * @param kubeconfig the file written for kubectl when there is TLS
 * @param version of this program
 * @param bookmarkPeriod how often a watch that asks for it is told how far it has come
 */
public record ApiConfig(
    @Nullable InetSocketAddress listen,
    @Nullable Path socket,
    Path pki,
    Path kubeconfig,
    String version,
    Duration bookmarkPeriod,
    Limits limits) {

  /** The usual places below a data directory, and the usual bounds. */
  public static ApiConfig below(
      Path dataDirectory,
      @Nullable InetSocketAddress listen,
      @Nullable Path socket,
      String version) {
    return new ApiConfig(
        listen,
        socket,
        dataDirectory.resolve("pki"),
        dataDirectory.resolve("admin.kubeconfig"),
        version,
        Duration.ofMinutes(1),
        Limits.DEFAULT);
  }
}
