package dev.berth.node.sync;

import dev.berth.core.model.Json;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.StoredObject;
import dev.berth.node.runtime.ContainerStatus;
import dev.berth.node.runtime.PodRef;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pods' loop: one thread that hands out to the pods' workers what happens to them. It does
 * nothing that could wait for anybody.
 */
public final class PodLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PodLoop.class);

  /** Containers whose pod nobody knows any more get this long to stop. */
  private static final Duration ORPHAN_GRACE = Duration.ofSeconds(30);

  /** How many pods that were removed are remembered. */
  private static final int REMEMBERED = 1000;

  /** What the loop is told. */
  private sealed interface Happening {
    record All(List<StoredObject> pods) implements Happening {}

    record Changed(StoredObject pod) implements Happening {}

    record Gone(StoredObject pod) implements Happening {}

    record Touched(String podUid) implements Happening {}

    record Finished(String podUid) implements Happening {}
  }

  /** Forgets the eldest when there are too many. */
  private static final class Remembered extends LinkedHashMap<String, Boolean> {
    @Override
    protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
      return size() > REMEMBERED;
    }
  }

  private final PodTools tools;
  private final ObjectFeed feed;
  private final LinkedBlockingQueue<Happening> queue = new LinkedBlockingQueue<>();
  private final Map<String, PodWorker> workers = new HashMap<>();
  private final Set<String> ended = Collections.newSetFromMap(new Remembered());
  private final PodMeters meters;
  private final String nodeName;
  private final Thread thread;
  private boolean known;
  private volatile int pods;
  private volatile boolean stopping;

  public PodLoop(String nodeName, PodTools tools, PodMeters meters) {
    this.tools = tools;
    this.feed =
        new ObjectFeed(
            tools.resources(),
            ResourceTypes.POD,
            "spec.nodeName=" + nodeName,
            new ObjectFeed.Receiver() {
              @Override
              public void all(List<StoredObject> objects) {
                queue.add(new Happening.All(List.copyOf(objects)));
              }

              @Override
              public void changed(StoredObject object) {
                queue.add(new Happening.Changed(object));
              }

              @Override
              public void gone(StoredObject last) {
                queue.add(new Happening.Gone(last));
              }
            });
    this.nodeName = nodeName;
    this.meters = meters;
    meters.add(nodeName, () -> pods);
    this.thread = Thread.ofPlatform().name("pods-" + nodeName).unstarted(this::run);
  }

  /** Starts; the runtime has recovered. */
  public void start() {
    tools.volumes().onChange(podUid -> queue.add(new Happening.Touched(podUid)));
    tools.runtime().onExit(status -> queue.add(new Happening.Touched(status.pod().uid())));
    thread.start();
    feed.start();
  }

  private void run() {
    while (!stopping) {
      try {
        var happening = queue.take();
        var begun = System.nanoTime();
        handle(happening);
        meters.turned(System.nanoTime() - begun);
      } catch (InterruptedException e) {
        LOG.debug("the pods' loop was interrupted");
      } catch (RuntimeException e) {
        LOG.error("the pods' loop met an unexpected failure", e);
      }
    }
  }

  private void handle(Happening happening) {
    switch (happening) {
      case Happening.All(var objects) -> all(objects.stream().map(PodObject::of).toList());
      case Happening.Changed(var object) -> changed(PodObject.of(object));
      case Happening.Gone(var object) -> {
        var worker = workers.get(PodObject.of(object).ref().uid());
        if (worker != null) {
          worker.gone();
        }
      }
      case Happening.Touched(var podUid) -> {
        var worker = workers.get(podUid);
        if (worker != null) {
          worker.touch();
        }
      }
      case Happening.Finished(var podUid) -> {
        workers.remove(podUid);
        ended.add(podUid);
        pods = workers.size();
      }
    }
  }

  private void changed(PodObject pod) {
    var uid = pod.ref().uid();
    var worker = workers.get(uid);
    // The last changes of a pod may be told when it has been removed already.
    if (worker == null && !ended.contains(uid)) {
      begin(pod, Optional.empty());
    } else if (worker != null) {
      worker.update(pod);
    }
  }

  private void all(List<PodObject> present) {
    var uids = new HashSet<String>();
    present.forEach(pod -> uids.add(pod.ref().uid()));
    if (!known) {
      takeOver(present, uids);
    }
    present.forEach(this::changed);
    workers.forEach(
        (uid, worker) -> {
          if (!uids.contains(uid)) {
            worker.gone();
          }
        });
  }

  /**
   * The desired world is read whole for the first time. Before anything may be taken away, every
   * pod that could have something makes its demand.
   */
  private void takeOver(List<PodObject> present, Set<String> uids) {
    known = true;
    present.forEach(pod -> tools.volumes().hold(pod.ref()));
    var orphans = orphans(uids);
    orphans.forEach(pod -> tools.volumes().hold(pod.ref()));
    tools.volumes().allPodsKnown();
    for (var orphan : orphans) {
      LOG.info("pod {} is not in the API any more: it is removed", orphan.ref());
      begin(orphan, Optional.of(ORPHAN_GRACE));
    }
  }

  /** Pods that have containers or a directory here but are not in the API. */
  private List<PodObject> orphans(Set<String> uids) {
    var orphans = new HashMap<String, PodRef>();
    for (var uid : directories()) {
      orphans.put(uid, new PodRef(uid, "", uid));
    }
    for (var container : tools.runtime().list()) {
      orphans.put(container.pod().uid(), container.pod());
    }
    orphans.keySet().removeAll(uids);
    return orphans.values().stream().map(ref -> orphan(ref, tools.runtime().list())).toList();
  }

  private List<String> directories() {
    if (!Files.isDirectory(tools.paths().pods())) {
      return List.of();
    }
    try (var names = Files.list(tools.paths().pods())) {
      return names.map(path -> String.valueOf(path.getFileName())).toList();
    } catch (IOException e) {
      LOG.error("the pods' directories cannot be listed: {}", e.getMessage());
      return List.of();
    }
  }

  /** What is left of a pod, in the form of a pod. */
  private static PodObject orphan(PodRef ref, List<ContainerStatus> containers) {
    var document = Json.object();
    document
        .putObject("metadata")
        .put("namespace", ref.namespace())
        .put("name", ref.name())
        .put("uid", ref.uid());
    var list = document.putObject("spec").putArray("containers");
    containers.stream()
        .filter(status -> status.pod().uid().equals(ref.uid()))
        .map(status -> status.id().container())
        .distinct()
        .forEach(name -> list.addObject().put("name", name));
    return new PodObject(Json.view(document, Pod.class), document, 0);
  }

  private void begin(PodObject pod, Optional<Duration> gone) {
    var uid = pod.ref().uid();
    var worker = new PodWorker(tools, pod, gone, () -> queue.add(new Happening.Finished(uid)));
    workers.put(uid, worker);
    pods = workers.size();
    worker.start();
  }

  /** Ends the looking after; pods run on. */
  @Override
  public void close() {
    stopping = true;
    meters.remove(nodeName);
    feed.close();
    thread.interrupt();
    try {
      // Of a node that could not be started, it never began.
      if (thread.isAlive()) {
        thread.join(Duration.ofSeconds(1));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    List.copyOf(workers.values()).forEach(PodWorker::close);
  }
}
