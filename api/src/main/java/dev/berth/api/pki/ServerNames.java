package dev.berth.api.pki;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.LinkedHashSet;
import java.util.Set;

/** Under which names and addresses the server is reached: what its certificate must say. */
final class ServerNames {
  private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");
  private static final int MOST_ADDRESSES = 64;

  private ServerNames() {}

  /** The names of a server that listens on {@code address}, in their normal form. */
  static Set<String> of(InetSocketAddress address) throws IOException {
    var names = new LinkedHashSet<String>();
    names.add("localhost");
    var host = Files.readString(HOST_NAME).strip();
    if (host.matches("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")) {
      names.add(host);
    }
    names.add(InetAddress.ofLiteral("127.0.0.1").getHostAddress());
    names.add(InetAddress.ofLiteral("::1").getHostAddress());
    var listened = address.getAddress();
    if (!listened.isAnyLocalAddress()) {
      names.add(text(listened));
      if (!isAddress(address.getHostString())) {
        names.add(address.getHostString());
      }
      return names;
    }
    NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(local -> !local.isLinkLocalAddress() && !local.isLoopbackAddress())
        .limit(MOST_ADDRESSES)
        .forEach(local -> names.add(text(local)));
    return names;
  }

  private static String text(InetAddress address) {
    var text = address.getHostAddress();
    var zone = text.indexOf('%');
    return address instanceof Inet6Address && zone >= 0 ? text.substring(0, zone) : text;
  }

  static boolean isAddress(String name) {
    try {
      return !InetAddress.ofLiteral(name).getHostAddress().isEmpty();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }

  /** Whether a certificate covers all of {@code names}. */
  static boolean covers(X509Certificate certificate, Set<String> names) {
    try {
      var alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives == null) {
        return false;
      }
      var present = new LinkedHashSet<String>();
      for (var alternative : alternatives) {
        var name = String.valueOf(alternative.get(1));
        present.add(isAddress(name) ? InetAddress.ofLiteral(name).getHostAddress() : name);
      }
      return present.containsAll(names);
    } catch (CertificateParsingException _) {
      return false;
    }
  }
}
