package dev.berth.bin.client;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that says which server a command talks to. */
public final class Connection {
  private static final String DEFAULT_SOCKET = "/run/berth/berth.sock";

  @Option(
      names = "--socket",
      paramLabel = "PATH",
      description = "Socket of the server (default: $$BERTH_SOCKET, or " + DEFAULT_SOCKET + ").")
  String socket = "";

  ApiClient open() {
    var path = socket;
    if (path.isEmpty()) {
      var environment = System.getenv("BERTH_SOCKET");
      path = environment == null || environment.isEmpty() ? DEFAULT_SOCKET : environment;
    }
    return new ApiClient(Path.of(path));
  }
}
