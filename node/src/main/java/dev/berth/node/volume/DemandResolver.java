package dev.berth.node.volume;

import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceType;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.ResourceWatch;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WatchOptions;
import dev.berth.core.storage.StoreException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resolves the volumes of pods against the API, each pod on a virtual thread of its own: at once,
 * and, as long as something is missing, again whenever one of the claims and volumes that it
 * depends on changes.
 */
final class DemandResolver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DemandResolver.class);

  /** Changes are told by watches; this bounds how long an unreachable API delays a pod. */
  private static final Duration RETRY = Duration.ofSeconds(5);

  private static final Duration RETRY_UNREACHABLE = Duration.ofMillis(500);

  private final Resources resources;
  private final String nodeName;
  private final Supplier<Map<String, String>> nodeLabels;
  private final Map<String, Thread> running = new ConcurrentHashMap<>();

  DemandResolver(Resources resources, String nodeName, Supplier<Map<String, String>> nodeLabels) {
    this.resources = resources;
    this.nodeName = nodeName;
    this.nodeLabels = nodeLabels;
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

  /** One pod, until all of its volumes are known. */
  private final class Resolution {
    private record Watched(ResourceType type, String namespace, String name) {}

    private final Pod pod;
    private final boolean started;
    private final Consumer<PodDemand> tell;
    private final Semaphore changed = new Semaphore(0);
    private final Map<Watched, ResourceWatch> watches = new HashMap<>();
    private Optional<PodDemand.Wants> told = Optional.empty();
    private boolean watching;

    Resolution(Pod pod, boolean started, Consumer<PodDemand> tell) {
      this.pod = pod;
      this.started = started;
      this.tell = tell;
    }

    void run() {
      try {
        while (!resolved()) {
          changed.tryAcquire(RETRY.toMillis(), TimeUnit.MILLISECONDS);
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
        var wants =
            PodVolumeResolution.resolve(
                pod,
                started,
                new PodVolumeResolution.Lookups(
                    this::claim, this::volume, nodeName, nodeLabels.get()));
        if (!Optional.of(wants).equals(told)) {
          told = Optional.of(wants);
          tellUnlessCancelled(wants);
        }
        if (!wants.unresolved().isEmpty() && !watching) {
          // Once more at once, watching: what is missing may have come meanwhile.
          watching = true;
          changed.release();
        }
        return wants.unresolved().isEmpty();
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

    private Optional<PersistentVolumeClaim> claim(String namespace, String name) {
      return read(ResourceTypes.CLAIM, namespace, name, PersistentVolumeClaim.class);
    }

    private Optional<PersistentVolume> volume(String name) {
      return read(ResourceTypes.VOLUME, "", name, PersistentVolume.class);
    }

    /**
     * Watched before it is read, so that no change is missed, but only when it is not as wanted.
     */
    private <T> Optional<T> read(ResourceType type, String namespace, String name, Class<T> view) {
      if (watching) {
        watches.computeIfAbsent(new Watched(type, namespace, name), this::watch);
      }
      try {
        return Optional.of(Json.view(resources.get(type, namespace, name).document(), view));
      } catch (Rejection rejection) {
        if (rejection.status().code() == 404) {
          return Optional.empty();
        }
        throw rejection;
      }
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
