package dev.berth.bin.config;

import java.net.InetSocketAddress;
import java.util.Optional;

/** Where TLS connections are accepted, as a setting: {@code HOST:PORT}, {@code [::1]:6443}. */
final class ListenAddress {
  static final String NONE = "none";

  private ListenAddress() {}

  /** Empty for {@link #NONE}; a host is not looked up here. */
  static Optional<InetSocketAddress> parse(String text) {
    if (text.equals(NONE)) {
      return Optional.empty();
    }
    var colon = text.lastIndexOf(':');
    var host = colon < 0 ? "" : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      if (!host.isEmpty()) {
        var port = Integer.parseInt(text.substring(colon + 1));
        return Optional.of(InetSocketAddress.createUnresolved(host, port));
      }
    } catch (IllegalArgumentException e) {
      throw wrong(text);
    }
    throw wrong(text);
  }

  private static ConfigException wrong(String text) {
    return ConfigException.of(
        "listen", text, "HOST:PORT (for example 127.0.0.1:6443) or \"" + NONE + "\"");
  }
}
