package dev.berth.bin;

import dev.berth.api.ApiConfig;
import dev.berth.api.ApiServer;
import dev.berth.bin.config.ServerConfig;
import dev.berth.bin.observe.PrometheusMeters;
import dev.berth.core.registry.Bootstrap;
import dev.berth.core.registry.Registry;
import dev.berth.store.RocksObjectStore;
import dev.berth.store.StoreConfig;
import dev.berth.store.StoreOpenException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a server and how they hold together: the store, the rules over it, what decides,
 * what acts on this host, and what serves it all; started in this order and stopped in the opposite
 * one.
 */
final class Wiring implements AutoCloseable {
  private final ServerConfig settings;
  private final Consumer<Stop> stop;
  private final InstantSource clock = InstantSource.system();
  private final PrometheusMeters meters = new PrometheusMeters();
  private final Closer closer = new Closer();
  private volatile boolean serving;

  private Wiring(ServerConfig settings, Consumer<Stop> stop) {
    this.settings = settings;
    this.stop = stop;
  }

  /**
   * Starts everything; when it returns, requests are answered.
   *
   * @param stop called when the server cannot go on; it must not wait
   */
  static Wiring start(ServerConfig settings, Consumer<Stop> stop) throws StartException {
    var wiring = new Wiring(settings, stop);
    try {
      wiring.start();
      return wiring;
    } catch (StartException | RuntimeException | Error e) {
      wiring.close();
      throw e;
    }
  }

  private void start() throws StartException {
    makeDataDirectory();
    var store = openStore();
    closer.add("the store", store);
    var registry = new Registry(store, clock, new SecureRandom(), meters);
    Bootstrap.ensureNamespaces(registry);
    var containers = new HostedContainers(Map.of());
    serve(
        new ApiServer.Foundation(
            registry, containers, meters, this::metrics, this::missing, clock));
  }

  private void makeDataDirectory() throws StartException {
    var owner = PosixFilePermissions.fromString("rwx------");
    try {
      var dir = Path.of(settings.dataDir());
      if (!Files.isDirectory(dir)) {
        Files.createDirectories(dir, PosixFilePermissions.asFileAttribute(owner));
      }
    } catch (IOException e) {
      throw unusable("dataDir", settings.dataDir(), e);
    }
  }

  private RocksObjectStore openStore() throws StartException {
    try {
      return RocksObjectStore.open(
          settings.storeDir(),
          StoreConfig.defaults(),
          meters,
          broken -> stop.accept(new Stop(Stop.STORE, String.valueOf(broken.getMessage()))));
    } catch (StoreOpenException e) {
      throw new StartException(Stop.STORE, String.valueOf(e.getMessage()), e);
    }
  }

  private void serve(ApiServer.Foundation foundation) throws StartException {
    var socket = Path.of(settings.socket()).toAbsolutePath();
    try {
      Files.createDirectories(socket.getParent());
    } catch (IOException e) {
      throw unusable("socket", settings.socket(), e);
    }
    var config =
        ApiConfig.below(Path.of(settings.dataDir()), address(), socket, Main.Version.current());
    try {
      var api = ApiServer.start(config, foundation);
      closer.add("the API", api);
      serving = true;
    } catch (BindException e) {
      throw new StartException(
          Stop.ADDRESS_IN_USE, e.getMessage() + " (settings listen, socket)", e);
    } catch (IOException e) {
      throw new StartException(
          Stop.BAD_CONFIGURATION, "settings listen, socket or dataDir: " + e.getMessage(), e);
    }
  }

  private @Nullable InetSocketAddress address() {
    return settings
        .listenAddress()
        .map(unresolved -> new InetSocketAddress(unresolved.getHostString(), unresolved.getPort()))
        .orElse(null);
  }

  /** What is missing before everything can be served, each a sentence. */
  private List<String> missing() {
    var missing = new ArrayList<String>();
    if (!serving) {
      missing.add("the API is not served everywhere yet");
    }
    return missing;
  }

  private byte[] metrics() {
    var text = new ByteArrayOutputStream(32 * 1024);
    try {
      meters.scrape(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toByteArray();
  }

  private static StartException unusable(String setting, String path, IOException cause) {
    return new StartException(
        Stop.BAD_CONFIGURATION,
        "setting " + setting + ": cannot use " + path + ": " + cause,
        cause);
  }

  /** Stops everything; containers go on. */
  @Override
  public void close() {
    closer.close();
  }
}
