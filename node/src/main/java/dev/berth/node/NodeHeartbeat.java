package dev.berth.node;

import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.Patch;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WriteOptions;
import dev.berth.core.storage.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** Renews the node's Lease, by which the world knows that it is alive. */
final class NodeHeartbeat implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeHeartbeat.class);
  static final String NAMESPACE = "kube-node-lease";
  private static final Duration EVERY = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final int LEASE_SECONDS = 40;
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
  private static final WriteOptions OPTIONS =
      new WriteOptions(false, "berth-node", WriteOptions.FieldValidation.IGNORE);

  private final String nodeName;
  private final Supplier<String> nodeUid;
  private final Resources resources;
  private final InstantSource clock;
  private final Thread thread;

  /**
   * @param nodeUid of the Node, which owns the Lease
   */
  NodeHeartbeat(
      String nodeName, Supplier<String> nodeUid, Resources resources, InstantSource clock) {
    this.nodeName = nodeName;
    this.nodeUid = nodeUid;
    this.resources = resources;
    this.clock = clock;
    this.thread = Thread.ofVirtual().name("heartbeat of " + nodeName).unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  private void run() {
    try {
      while (true) {
        try {
          renew();
          Thread.sleep(EVERY);
        } catch (StoreException | Rejection e) {
          LOG.warn("the lease of node {} cannot be renewed: {}", nodeName, e.getMessage());
          Thread.sleep(RETRY);
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("the heartbeat of node {} ends", nodeName);
    }
  }

  private void renew() {
    var now = clock.instant();
    try {
      resources.patch(
          ResourceTypes.LEASE,
          NAMESPACE,
          nodeName,
          Resources.OBJECT,
          new Patch.MergePatch(lease(now)),
          OPTIONS);
    } catch (Rejection rejection) {
      if (rejection.status().code() != 404) {
        throw rejection;
      }
      var lease = lease(now);
      var metadata = lease.putObject("metadata");
      metadata.put("name", nodeName);
      metadata
          .putArray("ownerReferences")
          .addObject()
          .put("apiVersion", "v1")
          .put("kind", "Node")
          .put("name", nodeName)
          .put("uid", nodeUid.get());
      resources.create(ResourceTypes.LEASE, NAMESPACE, lease, OPTIONS);
    }
  }

  private ObjectNode lease(Instant now) {
    var lease = Json.object();
    lease
        .putObject("spec")
        .put("holderIdentity", nodeName)
        .put("leaseDurationSeconds", LEASE_SECONDS)
        .put("renewTime", MICROS.format(now));
    return lease;
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
