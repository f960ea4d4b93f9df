package dev.berth.bin;

import dev.berth.api.ApiConfig;
import dev.berth.api.ApiServer;
import dev.berth.bin.config.ConfigException;
import dev.berth.bin.config.Role;
import dev.berth.bin.config.ServerConfig;
import dev.berth.bin.observe.PrometheusMeters;
import dev.berth.core.Controllers;
import dev.berth.core.explain.Explanations;
import dev.berth.core.registry.Bootstrap;
import dev.berth.core.registry.EventExpiry;
import dev.berth.core.registry.EventRecorder;
import dev.berth.core.registry.Registry;
import dev.berth.core.storage.ObjectStore;
import dev.berth.node.linux.JnrSyscalls;
import dev.berth.node.linux.Syscalls;
import dev.berth.store.RocksObjectStore;
import dev.berth.store.StoreConfig;
import dev.berth.store.StoreOpenException;
import java.io.ByteArrayOutputStream;
import java.io.File;
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
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts of a server and how they hold together: the store, the rules over it, what decides,
 * what acts on this host, and what serves it all; started in this order and stopped in the opposite
 * one.
 */
final class Wiring implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Wiring.class);

  private static final StoreConfig STORE = StoreConfig.defaults();

  private final ServerConfig settings;
  private final File store;
  private final Consumer<Stop> stop;
  private final InstantSource clock = InstantSource.system();
  private final PrometheusMeters meters = new PrometheusMeters();
  private final Closer closer = new Closer();
  private volatile @Nullable Decider decider;
  private volatile @Nullable HostedNodes nodes;
  private volatile boolean serving;

  private Wiring(ServerConfig settings, Consumer<Stop> stop) {
    this.settings = settings;
    this.store = settings.storeDir().toFile();
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
    // Loading what calls the kernel takes as long as opening the store: both at once.
    var kernel = settings.plays(Role.NODE) ? inBackground(JnrSyscalls::new) : null;
    makeDataDirectory();
    var store = openStore();
    // Not before the store is ours: another server's credentials must not be made anew.
    var credentials = inBackground(this::prepareCredentials);
    closer.add("the store", store);
    var registry = new Registry(store, clock, new SecureRandom(), meters);
    Bootstrap.ensure(registry);
    var events = recordEvents(store, registry);
    if (settings.plays(Role.CONTROLLERS) || settings.plays(Role.SCHEDULER)) {
      decider = decide(store, events);
    }
    var nodes = new HostedNodes(settings, registry, events, closer);
    this.nodes = nodes;
    if (kernel != null) {
      host(nodes, kernel);
    }
    serve(
        new ApiServer.Foundation(
            registry, nodes.access(), explanations(), meters, this::metrics, this::missing, clock),
        credentials);
  }

  /** Making or checking the credentials takes a while, in which the controllers and nodes start. */
  private Optional<IOException> prepareCredentials() {
    try {
      ApiServer.prepareCredentials(apiConfig(), clock);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(e);
    }
  }

  private Optional<Explanations> explanations() {
    return Optional.ofNullable(decider).map(Decider::explanations);
  }

  private EventRecorder recordEvents(ObjectStore store, Registry registry) {
    var writer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("events").factory());
    closer.add("the writer of events", writer::shutdownNow);
    var expiry = new EventExpiry(store, clock, EventExpiry.DEFAULT_TTL, EventExpiry.DEFAULT_MOST);
    writer.scheduleWithFixedDelay(() -> expireEvents(expiry), 1, 1, TimeUnit.MINUTES);
    return new EventRecorder(registry, clock, writer, meters, "berth", "");
  }

  /** Never throws: whatever stands in the way, the next run begins anew. */
  private static void expireEvents(EventExpiry expiry) {
    try {
      var removed = expiry.run();
      LOG.debug("{} events were old enough to be removed", removed);
    } catch (RuntimeException e) {
      LOG.info("Old events stay for another minute: {}", e.getMessage());
    }
  }

  private Decider decide(ObjectStore store, EventRecorder events) {
    var decider =
        new Decider(
            stop,
            clock,
            faults ->
                Controllers.create(
                    store,
                    events,
                    faults,
                    meters,
                    UUID.randomUUID().toString(),
                    settings.plays(Role.CONTROLLERS),
                    settings.plays(Role.SCHEDULER)));
    closer.add("the control loop", decider);
    decider.start();
    return decider;
  }

  private void host(HostedNodes nodes, CompletableFuture<? extends Syscalls> kernel)
      throws StartException {
    try {
      nodes.start(kernel.join(), meters);
    } catch (ConfigException e) {
      throw new StartException(Stop.BAD_CONFIGURATION, String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw unusable("dataDir or nodes[].root", settings.dataDir(), e);
    }
  }

  private static <T> CompletableFuture<T> inBackground(Supplier<T> work) {
    return CompletableFuture.supplyAsync(
        work, task -> Thread.ofPlatform().daemon().name("load").start(task));
  }

  private void makeDataDirectory() throws StartException {
    var owner = PosixFilePermissions.fromString("rwx------");
    try {
      var dir = Path.of(settings.dataDir());
      if (!Files.isDirectory(dir)) {
        Files.createDirectories(dir, PosixFilePermissions.asFileAttribute(owner));
      }
      if (!Files.isWritable(dir)) {
        throw new IOException("it cannot be written to; is its file system mounted read-only?");
      }
    } catch (IOException e) {
      throw unusable("dataDir", settings.dataDir(), e);
    }
  }

  private RocksObjectStore openStore() throws StartException {
    try {
      return RocksObjectStore.open(
          settings.storeDir(),
          STORE,
          meters,
          broken -> stop.accept(new Stop(Stop.STORE, String.valueOf(broken.getMessage()))));
    } catch (StoreOpenException e) {
      throw new StartException(Stop.STORE, String.valueOf(e.getMessage()), e);
    }
  }

  private void serve(
      ApiServer.Foundation foundation, CompletableFuture<Optional<IOException>> credentials)
      throws StartException {
    var socket = Path.of(settings.socket()).toAbsolutePath();
    try {
      Files.createDirectories(socket.getParent());
    } catch (IOException e) {
      throw unusable("socket", settings.socket(), e);
    }
    try {
      var refused = credentials.join();
      if (refused.isPresent()) {
        throw refused.get();
      }
      var api = ApiServer.start(apiConfig(), foundation);
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

  private ApiConfig apiConfig() {
    return ApiConfig.below(
        Path.of(settings.dataDir()),
        address(),
        Path.of(settings.socket()).toAbsolutePath(),
        Main.Version.current());
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
    var decider = this.decider;
    if (decider != null && !decider.ready()) {
      missing.add("the controllers have not read everything yet");
    }
    var nodes = this.nodes;
    if (nodes != null) {
      missing.addAll(nodes.missing());
    }
    if (store.getUsableSpace() < STORE.space().minFreeBytes()) {
      missing.add(
          "nothing can be written: the disk of %s has less than %d MiB of free space"
              .formatted(store, STORE.space().minFreeBytes() >> 20));
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
