package dev.berth.node;

import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.core.model.ObjectReference;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Patch;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WriteOptions;
import dev.berth.core.storage.StoreException;
import dev.berth.node.plugin.VolumeId;
import dev.berth.node.volume.NodeVolumes;
import dev.berth.node.volume.VolumeLoop;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Keeps the Node object: makes it when it is missing, and writes its status when there is something
 * new to say, and every few minutes. On a virtual thread of its own; while the API does not answer
 * it goes on trying.
 */
final class NodeReporter implements VolumeLoop.InUse, NodeVolumes.Voice, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeReporter.class);
  private static final Duration LOOK = Duration.ofSeconds(10);
  private static final Duration REPEAT = Duration.ofMinutes(5);
  private static final Duration RETRY = Duration.ofMillis(500);
  private static final WriteOptions OPTIONS =
      new WriteOptions(false, "berth-node", WriteOptions.FieldValidation.IGNORE);

  /** Volumes in use, and who waits for the world to know. */
  private record InUseReport(Set<VolumeId> volumes, CompletableFuture<Void> told) {}

  private final NodeConfig config;
  private final NodeFacts facts;
  private final Resources resources;
  private final InstantSource clock;
  private final Semaphore touched = new Semaphore(0);
  private final List<InUseReport> waiting = new ArrayList<>();
  private final CompletableFuture<Void> registered = new CompletableFuture<>();
  private final Thread thread;
  private volatile Map<String, String> labels;
  private volatile NodeStatus.Readiness readiness;
  private volatile String uid = "";
  private volatile Map<String, String> failingDisks = Map.of();
  private Set<VolumeId> inUse = Set.of();
  private Instant written = Instant.EPOCH;
  private Instant looked = Instant.EPOCH;

  /** Whether there may be something to say beside the volumes in use. */
  private volatile boolean more = true;

  NodeReporter(NodeConfig config, NodeFacts facts, Resources resources, InstantSource clock) {
    this.config = config;
    this.facts = facts;
    this.resources = resources;
    this.clock = clock;
    this.labels = NodeStatus.labels(config, facts);
    this.readiness =
        new NodeStatus.Readiness(
            false, "Starting", "the container runtime is being looked for", "oci://unknown");
    this.thread = Thread.ofVirtual().name("node " + config.name()).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** Completes when the Node object is there. */
  CompletableFuture<Void> registered() {
    return registered;
  }

  /** The labels of the Node as they were last read. */
  Map<String, String> labels() {
    return labels;
  }

  /** The uid of the Node, empty before it is registered. */
  String uid() {
    return uid;
  }

  void ready(NodeStatus.Readiness now) {
    readiness = now;
    more = true;
    touched.release();
  }

  @Override
  public ObjectReference reference() {
    return new ObjectReference("v1", "Node", "", config.name(), uid, null, null);
  }

  @Override
  public void failingDisks(Map<String, String> volumes) {
    if (!failingDisks.equals(volumes)) {
      failingDisks = new TreeMap<>(volumes);
      more = true;
      touched.release();
    }
  }

  @Override
  public CompletableFuture<?> report(Set<VolumeId> volumes) {
    var told = new CompletableFuture<Void>();
    synchronized (waiting) {
      waiting.add(new InUseReport(Set.copyOf(volumes), told));
    }
    touched.release();
    return told;
  }

  private void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        var patience = LOOK;
        try {
          write();
        } catch (StoreException | Rejection e) {
          LOG.warn("the status of node {} cannot be written: {}", config.name(), e.getMessage());
          more = true;
          patience = RETRY;
        }
        if (touched.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
          touched.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("node {} is reported no more", config.name());
    }
  }

  private void write() {
    List<InUseReport> reports;
    synchronized (waiting) {
      reports = List.copyOf(waiting);
    }
    if (!reports.isEmpty()) {
      inUse = reports.getLast().volumes();
    }
    var now = clock.instant();
    if (reports.isEmpty() || more || due(looked, LOOK, now) || !toldInUse()) {
      writeAll(now);
    }
    synchronized (waiting) {
      waiting.removeAll(reports);
    }
    reports.forEach(report -> report.told().complete(null));
    registered.complete(null);
  }

  /**
   * Writes the volumes in use alone, for which stages wait; false when the Node is not the one that
   * was looked at last.
   */
  private boolean toldInUse() {
    var patch = Json.object();
    patch.withObject("metadata").put("uid", uid);
    NodeStatus.inUse(patch.withObject("status"), inUse);
    try {
      resources.patch(
          ResourceTypes.NODE,
          "",
          config.name(),
          Resources.STATUS,
          new Patch.MergePatch(patch),
          OPTIONS);
      return true;
    } catch (Rejection rejection) {
      if (rejection.isChangedOrGone()) {
        return false;
      }
      throw rejection;
    }
  }

  /** Whether it is so long ago, or, by a clock that was set back, in time to come. */
  private static boolean due(Instant last, Duration every, Instant now) {
    return now.isBefore(last) || !now.isBefore(last.plus(every));
  }

  /** Looks at the Node, and writes all of its status where that says something new. */
  private void writeAll(Instant now) {
    more = false;
    var document = present();
    var node = Json.view(document, Node.class);
    labels = node.metadata().labels();
    uid = node.metadata().uid();
    var status =
        NodeStatus.status(document, node, config, facts, readiness, failingDisks, inUse, now);
    if (due(written, REPEAT, now) || !said(document, status)) {
      var patch = Json.object();
      patch.set("status", status);
      patch(Resources.STATUS, patch);
      written = now;
    }
    looked = now;
  }

  /** The Node as it is, with the labels and annotations that the node gives itself. */
  private ObjectNode present() {
    var own = NodeStatus.object(config, facts);
    try {
      var stored = resources.get(ResourceTypes.NODE, "", config.name());
      var document = Json.parseObject(stored.document());
      if (contains(document.path("metadata"), own.path("metadata"))) {
        return document;
      }
      return patch(Resources.OBJECT, own);
    } catch (Rejection rejection) {
      if (rejection.status().code() != 404) {
        throw rejection;
      }
      LOG.info("node {} is registered", config.name());
      var created = resources.create(ResourceTypes.NODE, "", own, OPTIONS);
      return Json.parseObject(created.object().document());
    }
  }

  private ObjectNode patch(String subresource, ObjectNode patch) {
    var written =
        resources.patch(
            ResourceTypes.NODE,
            "",
            config.name(),
            subresource,
            new Patch.MergePatch(patch),
            OPTIONS);
    return Json.parseObject(written.object().document());
  }

  private static boolean contains(JsonNode document, JsonNode members) {
    for (var member : members.properties()) {
      var found = document.path(member.getKey());
      var same =
          member.getValue().isObject()
              ? contains(found, member.getValue())
              : found.equals(member.getValue());
      if (!same) {
        return false;
      }
    }
    return true;
  }

  /** Whether the status says all that already, but for the time of the last look. */
  private static boolean said(ObjectNode document, ObjectNode status) {
    for (var member : status.properties()) {
      var found = document.path("status").path(member.getKey());
      if (!withoutHeartbeats(found).equals(withoutHeartbeats(member.getValue()))) {
        return false;
      }
    }
    return true;
  }

  private static JsonNode withoutHeartbeats(JsonNode value) {
    var copy = value.deepCopy();
    for (var item : copy) {
      if (item instanceof ObjectNode object) {
        object.remove("lastHeartbeatTime");
      }
    }
    return copy;
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
