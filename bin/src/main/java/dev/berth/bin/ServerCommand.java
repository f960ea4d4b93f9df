package dev.berth.bin;

import dev.berth.bin.client.Console;
import dev.berth.bin.config.ConfigException;
import dev.berth.bin.config.ConfigFile;
import dev.berth.bin.config.ServerConfig;
import dev.berth.core.model.Json;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** {@code berth server}: reads the settings and hands over to {@link Server}. */
@Command(
    name = "server",
    description = "Runs the server until it is told to stop.",
    mixinStandardHelpOptions = true)
public final class ServerCommand implements Callable<Integer> {
  private final Console console;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings, as conf/berth.yaml explains them; a flag wins over the file.")
  @Nullable Path config;

  @Option(names = "--data-dir", paramLabel = "DIR", description = "Setting dataDir.")
  @Nullable String dataDir;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = "Setting listen; \"none\" switches TCP off.")
  @Nullable String listen;

  @Option(names = "--socket", paramLabel = "PATH", description = "Setting socket.")
  @Nullable String socket;

  @Option(names = "--node-name", paramLabel = "NAME", description = "Setting nodeName.")
  @Nullable String nodeName;

  @Option(
      names = "--roles",
      paramLabel = "ROLE,...",
      description = "Setting roles: api, controllers, scheduler, node.")
  @Nullable String roles;

  @Option(names = "--runtime", paramLabel = "NAME", description = "Setting runtime: oci.")
  @Nullable String runtime;

  @Option(names = "--log", paramLabel = "FORM", description = "Setting log.format: text or json.")
  @Nullable String log;

  public ServerCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws InterruptedException {
    ServerConfig settings;
    try {
      settings = settings();
    } catch (ConfigException e) {
      console.err().println("berth: " + e.getMessage());
      return Stop.BAD_CONFIGURATION;
    }
    return Server.run(settings, console);
  }

  private ServerConfig settings() {
    var flags = Json.object();
    set(flags, "dataDir", dataDir);
    set(flags, "listen", listen);
    set(flags, "socket", socket);
    set(flags, "nodeName", nodeName);
    set(flags, "runtime", runtime);
    if (roles != null) {
      var list = flags.putArray("roles");
      Arrays.stream(roles.split(",")).map(String::strip).forEach(list::add);
    }
    if (log != null) {
      flags.putObject("log").put("format", log);
    }
    return ConfigFile.read(config, flags);
  }

  private static void set(ObjectNode flags, String setting, @Nullable String value) {
    if (value != null) {
      flags.put(setting, value);
    }
  }
}
