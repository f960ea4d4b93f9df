package dev.berth.node.volume;

import dev.berth.core.model.ConfigMap;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.Secret;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.ResourceWatch;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WatchOptions;
import dev.berth.core.storage.StoreException;
import dev.berth.core.storage.StoredObject;
import dev.berth.node.config.ConfigObjects;
import dev.berth.node.config.FilesOfPod;
import dev.berth.node.config.Surroundings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Resolves the volumes of pods against the API, each pod on a virtual thread of its own: at once,
 * and, as long as something is missing, again whenever one of the claims and volumes that it
 * depends on changes. Settings, secrets and facts about the pod that become files are followed for
 * as long as the pod wants its volumes.
 */
final class DemandResolver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DemandResolver.class);

  /** Changes are told by watches; this bounds how long an unreachable API delays a pod. */
  private static final Duration RETRY = Duration.ofSeconds(5);

  /** As {@link #RETRY}, for a pod whose volumes are all known. */
  private static final Duration RARELY = Duration.ofMinutes(10);

  private static final Duration RETRY_UNREACHABLE = Duration.ofMillis(500);

  /** What files are told by. */
  private static final Set<ResourceType> FOLLOWED =
      Set.of(ResourceTypes.CONFIG_MAP, ResourceTypes.SECRET, ResourceTypes.POD);

  private final Resources resources;
  private final String nodeName;
  private final Supplier<Map<String, String>> nodeLabels;
  private final Surroundings surroundings;
  private final Map<String, Thread> running = new ConcurrentHashMap<>();

  DemandResolver(
      Resources resources,
      String nodeName,
      Supplier<Map<String, String>> nodeLabels,
      Surroundings surroundings) {
    this.resources = resources;
    this.nodeName = nodeName;
    this.nodeLabels = nodeLabels;
    this.surroundings = surroundings;
  }

  /** Tells the pod's demand, again whenever it has changed; instead of an earlier resolution. */
  void resolve(Pod pod, boolean started, Consumer<PodDemand> tell) {
    var uid = pod.metadata().uid();
    var thread =
        Thread.ofVirtual()
            .name("resolve " + pod.metadata().qualifiedName())
            .unstarted(() -> new Resolution(pod, started, tell).run());
    var before = running.put(uid, thread);
    if (before != null) {
      before.interrupt();
    }
    thread.start();
  }

  /** Nothing more is told about the pod. */
  void cancel(String podUid) {
    var thread = running.remove(podUid);
    if (thread != null) {
      thread.interrupt();
    }
  }

  @Override
  public void close() {
    running.values().forEach(Thread::interrupt);
  }

  /** One pod, until all of its volumes are known and none of them can change. */
  private final class Resolution implements ConfigObjects {
    private record Watched(ResourceType type, String namespace, String name) {}

    private final Pod pod;
    private final boolean started;
    private final Consumer<PodDemand> tell;
    private final Semaphore changed = new Semaphore(0);
    private final Map<Watched, ResourceWatch> watches = new HashMap<>();
    private Optional<PodDemand.Wants> told = Optional.empty();
    private PodVolumeResolution.Earlier earlier = PodVolumeResolution.Earlier.NOTHING;
    private boolean watching;

    Resolution(Pod pod, boolean started, Consumer<PodDemand> tell) {
      this.pod = pod;
      this.started = started;
      this.tell = tell;
    }

    void run() {
      try {
        while (!resolved()) {
          var patience = earlier.complete() ? RARELY : RETRY;
          changed.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS);
        }
      } catch (InterruptedException e) {
        LOG.debug("pod {} needs no volumes any more", pod.metadata().qualifiedName());
      } finally {
        watches.values().forEach(ResourceWatch::close);
        running.remove(pod.metadata().uid(), Thread.currentThread());
      }
    }

    private boolean resolved() throws InterruptedException {
      try {
        renewWatches();
        var files = new FilesOfPod(pod.metadata().namespace(), this, this::podNow, surroundings);
        var wants =
            PodVolumeResolution.resolve(
                pod,
                started,
                earlier,
                new PodVolumeResolution.Lookups(
                    this::claim, this::volume, files, nodeName, nodeLabels.get()));
        earlier = earlier.and(wants);
        if (!Optional.of(wants).equals(told)) {
          told = Optional.of(wants);
          tellUnlessCancelled(wants);
        }
        if (!wants.unresolved().isEmpty() && !watching) {
          // Once more at once, watching: what is missing may have come meanwhile.
          watching = true;
          changed.release();
        }
        if (earlier.complete()) {
          watching = false;
          endWatches(watched -> !FOLLOWED.contains(watched.type()));
        }
        return earlier.complete() && watches.isEmpty();
      } catch (StoreException | Rejection e) {
        LOG.warn(
            "the volumes of pod {} cannot be looked up: {}",
            pod.metadata().qualifiedName(),
            e.getMessage());
        Thread.sleep(RETRY_UNREACHABLE);
        changed.release();
        return false;
      }
    }

    /** Once {@link #cancel} has returned nothing is told any more. */
    private void tellUnlessCancelled(PodDemand.Wants wants) {
      running.computeIfPresent(
          pod.metadata().uid(),
          (uid, current) -> {
            if (current.equals(Thread.currentThread())) {
              tell.accept(wants);
            }
            return current;
          });
    }

    @Override
    public Optional<ConfigMap> configMap(String namespace, String name) {
      return read(ResourceTypes.CONFIG_MAP, namespace, name).map(o -> view(o, ConfigMap.class));
    }

    @Override
    public Optional<Secret> secret(String namespace, String name) {
      return read(ResourceTypes.SECRET, namespace, name).map(o -> view(o, Secret.class));
    }

    /** The pod as it is now; one that is gone was what it was. */
    private ObjectNode podNow() {
      return read(ResourceTypes.POD, pod.metadata().namespace(), pod.metadata().name())
          .map(stored -> Json.parseObject(stored.document()))
          .filter(now -> Json.text(now, "metadata", "uid").equals(pod.metadata().uid()))
          .orElseGet(() -> Json.parseObject(Json.write(Json.tree(pod))));
    }

    private Optional<PersistentVolumeClaim> claim(String namespace, String name) {
      return read(ResourceTypes.CLAIM, namespace, name)
          .map(stored -> view(stored, PersistentVolumeClaim.class));
    }

    private Optional<PersistentVolume> volume(String name) {
      return read(ResourceTypes.VOLUME, "", name)
          .map(stored -> view(stored, PersistentVolume.class));
    }

    /**
     * Watched before it is read, so that no change is missed; what can only change for the worse is
     * watched only when it is not as wanted.
     */
    private Optional<StoredObject> read(ResourceType type, String namespace, String name) {
      if (watching || FOLLOWED.contains(type)) {
        watches.computeIfAbsent(new Watched(type, namespace, name), this::watch);
      }
      try {
        return Optional.of(resources.get(type, namespace, name));
      } catch (Rejection rejection) {
        if (rejection.status().code() == 404) {
          return Optional.empty();
        }
        throw rejection;
      }
    }

    private static <T> T view(StoredObject stored, Class<T> view) {
      return Json.view(stored.document(), view);
    }

    private ResourceWatch watch(Watched watched) {
      var watch =
          resources.watch(
              watched.type(),
              watched.type().namespaced() ? watched.namespace() : null,
              watched.name(),
              WatchOptions.ALL);
      drain(watch);
      watch.onReady(changed::release);
      return watch;
    }

    /** Takes what came, so that the watch tells again; one that has ended is begun anew. */
    private void renewWatches() {
      changed.drainPermits();
      watches
          .entrySet()
          .removeIf(
              entry -> {
                if (!drain(entry.getValue())) {
                  entry.getValue().close();
                  return true;
                }
                return false;
              });
    }

    private void endWatches(Predicate<Watched> which) {
      watches
          .entrySet()
          .removeIf(
              entry -> {
                if (which.test(entry.getKey())) {
                  entry.getValue().close();
                  return true;
                }
                return false;
              });
    }

    /** False when nothing follows. */
    private static boolean drain(ResourceWatch watch) {
      while (true) {
        switch (watch.take(Integer.MAX_VALUE)) {
          case ResourceWatch.Events(var events, _) -> {
            if (events.isEmpty()) {
              return true;
            }
          }
          case ResourceWatch.Ended _ -> {
            return false;
          }
        }
      }
    }
  }
}
