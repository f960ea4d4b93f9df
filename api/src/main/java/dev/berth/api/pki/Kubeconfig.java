package dev.berth.api.pki;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;

/** The file that makes kubectl an administrator of this server. */
final class Kubeconfig {
  private final String server;
  private final String authority;
  private final String certificate;
  private final String key;

  Kubeconfig(InetSocketAddress listened, Credential authority, Credential admin) {
    this.server = url(listened);
    this.authority = base64(authority.certificatePem());
    this.certificate = base64(admin.certificatePem());
    this.key = base64(admin.keyPem());
  }

  /** Writes the file unless one that leads here is there already; what users added to it stays. */
  void write(Path path) throws IOException {
    if (Files.exists(path) && isCurrent(SecretFile.read(path))) {
      return;
    }
    SecretFile.write(path, text());
  }

  private boolean isCurrent(String text) {
    return text.lines().anyMatch(line -> line.strip().equals("server: " + server))
        && text.contains(authority)
        && text.contains(certificate)
        && text.contains(key);
  }

  private String text() {
    return """
        apiVersion: v1
        kind: Config
        clusters:
        - name: berth
          cluster:
            server: %s
            certificate-authority-data: %s
        users:
        - name: berth-admin
          user:
            client-certificate-data: %s
            client-key-data: %s
        contexts:
        - name: berth
          context:
            cluster: berth
            user: berth-admin
        current-context: berth
        """
        .formatted(server, authority, certificate, key);
  }

  private static String url(InetSocketAddress listened) {
    var address = listened.getAddress();
    if (address.isAnyLocalAddress()) {
      return "https://127.0.0.1:" + listened.getPort();
    }
    var host = address.getHostAddress();
    return "https://%s:%d"
        .formatted(address instanceof Inet6Address ? "[" + host + "]" : host, listened.getPort());
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }
}
