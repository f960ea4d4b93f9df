package dev.berth.node.volume;

import dev.berth.core.control.Keys;
import dev.berth.core.model.CsiStorageCapacity;
import dev.berth.core.model.Event;
import dev.berth.core.model.Json;
import dev.berth.core.model.Node;
import dev.berth.core.model.ObjectReference;
import dev.berth.core.model.Quantity;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.StorageClass;
import dev.berth.core.provision.NodeProvisioner;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.core.registry.EventSink;
import dev.berth.core.registry.ListOptions;
import dev.berth.core.registry.Patch;
import dev.berth.core.registry.Rejection;
import dev.berth.core.registry.Resources;
import dev.berth.core.registry.WriteOptions;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.StoreException;
import dev.berth.node.linux.ChildProcesses;
import dev.berth.node.plugin.LoopPools;
import dev.berth.node.plugin.LoopProvisioner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tells how much of each class of loop volumes can still be made on this node: one {@link
 * CsiStorageCapacity} for each, owned by the Node, so that it goes with it. Pools are looked at
 * every few seconds, when classes come and go, and before the node answers about a volume ({@link
 * dev.berth.core.provision.ProvisionProtocol}). On a virtual thread of its own.
 *
 * <p>What is read of a pool is written before anybody else reads it: an older figure never replaces
 * a newer one, in which a volume is counted that was made meanwhile.
 */
public final class CapacityReports implements LoopProvisioner.SpaceReport, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CapacityReports.class);
  private static final Duration PERIOD = Duration.ofSeconds(10);

  /** Less is not worth a write, unless the node answers about a volume: so much, ... */
  private static final long LEAST_CHANGE_BYTES = 1 << 20;

  /** ... or this part of what was told. */
  private static final long LEAST_CHANGE_PART = 1000;

  private static final WriteOptions OPTIONS =
      new WriteOptions(false, "berth-node", WriteOptions.FieldValidation.IGNORE);

  private final String nodeName;
  private final LoopPools pools;
  private final ChildProcesses children;
  private final Resources resources;
  private final EventSink events;
  private final Supplier<ObjectReference> node;
  private final Map<String, Pool> spaces = new HashMap<>();
  private final Semaphore touched = new Semaphore(0);
  private final Thread thread;

  /** One pool of this node. */
  private final class Pool {
    private final ReentrantLock lock = new ReentrantLock();
    private final PoolSpace space;
    private String told = "";

    Pool(String name) {
      this.space = new PoolSpace(name, pools, children);
    }
  }

  /**
   * @param names of the node's pools
   * @param node the Node object, with its uid as soon as that is known
   */
  CapacityReports(
      String nodeName,
      Set<String> names,
      LoopPools pools,
      ChildProcesses children,
      Resources resources,
      EventSink events,
      Supplier<ObjectReference> node) {
    this.nodeName = nodeName;
    this.pools = pools;
    this.children = children;
    this.resources = resources;
    this.events = events;
    this.node = node;
    names.forEach(name -> spaces.put(name, new Pool(name)));
    this.thread = Thread.ofVirtual().name("capacity of " + nodeName).unstarted(this::run);
  }

  /** Begins, once the Node is registered. */
  public void start() {
    thread.start();
  }

  /** Classes came or went, or may have. */
  public void look() {
    touched.release();
  }

  private void run() {
    try {
      while (true) {
        try {
          tellAll();
        } catch (StoreException | Rejection e) {
          LOG.warn("free capacity of node {} cannot be told: {}", nodeName, e.getMessage());
        } catch (RuntimeException e) {
          LOG.error("free capacity of node {} cannot be told", nodeName, e);
        }
        if (touched.tryAcquire(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) {
          touched.drainPermits();
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("free capacity of node {} is told no more", nodeName);
    }
  }

  private void tellAll() throws InterruptedException {
    // What is there is read before the classes that it is for: a new one is never taken away.
    var there = reports();
    var classes = classes();
    for (var pool : spaces.keySet()) {
      tell(pool, false);
    }
    for (var key : there) {
      if (classes.stream().noneMatch(type -> isTold(type) && key(type).equals(key))) {
        remove(key);
      }
    }
  }

  private boolean isTold(StorageClass type) {
    return spaces.containsKey(NodeProvisioner.pool(type.parameters()));
  }

  @Override
  public void tell(String pool) throws InterruptedException {
    tell(pool, true);
  }

  /**
   * @param exactly whether every difference counts
   */
  private void tell(String name, boolean exactly) throws InterruptedException {
    var pool = spaces.get(name);
    var directory = pools.directory(name);
    if (pool == null || directory.isEmpty()) {
      return;
    }
    pool.lock.lockInterruptibly();
    try {
      var classes = new ArrayList<>(classes());
      classes.removeIf(type -> !NodeProvisioner.pool(type.parameters()).equals(name));
      if (classes.isEmpty()) {
        return;
      }
      switch (pool.space.read(directory.get())) {
        case PoolSpace.Found.Free(var bytes) -> {
          pool.told = "";
          for (var type : classes) {
            write(type, bytes, exactly);
          }
        }
        case PoolSpace.Found.Unusable(var why) -> {
          for (var type : classes) {
            remove(key(type));
          }
          unusable(pool, why);
        }
      }
    } finally {
      pool.lock.unlock();
    }
  }

  private void unusable(Pool pool, String why) {
    if (!pool.told.equals(why)) {
      pool.told = why;
      LOG.warn("{}", why);
      events.record(node.get(), Event.WARNING, "PoolUnusable", why);
    }
  }

  private List<StorageClass> classes() {
    return resources.list(ResourceTypes.CLASS, null, ListOptions.ALL).objects().stream()
        .map(stored -> Json.view(stored.document(), StorageClass.class))
        .filter(type -> NodeProvisioner.of(type.provisioner()).isPresent())
        .toList();
  }

  private List<ObjectKey> reports() {
    var own =
        new ListOptions(CsiStorageCapacity.REPORTER + "=" + nodeName, null, 0, null, null, null);
    return resources.list(ResourceTypes.STORAGE_CAPACITY, Keys.NODE_LEASES, own).objects().stream()
        .map(stored -> stored.key())
        .toList();
  }

  private ObjectKey key(StorageClass type) {
    return Keys.capacity(nodeName, type.metadata().name());
  }

  private void write(StorageClass type, long bytes, boolean exactly) {
    var key = key(type);
    try {
      var there = find(key);
      if (there.isEmpty()) {
        resources.create(
            ResourceTypes.STORAGE_CAPACITY, key.namespace(), report(type, bytes), OPTIONS);
      } else if (isNews(there.get(), bytes, exactly)) {
        resources.patch(
            ResourceTypes.STORAGE_CAPACITY,
            key.namespace(),
            key.name(),
            Resources.OBJECT,
            new Patch.MergePatch(report(type, bytes)),
            OPTIONS);
      }
    } catch (Rejection rejection) {
      if (rejection.status().code() == 409) {
        throw rejection;
      }
      // It will be so the next time, too, and no volume waits for it: its node is asked, as one is
      // of which nothing is known.
      LOG.warn("{} cannot be written: {}", key.name(), rejection.getMessage());
    }
  }

  private Optional<CsiStorageCapacity> find(ObjectKey key) {
    try {
      var stored = resources.get(ResourceTypes.STORAGE_CAPACITY, key.namespace(), key.name());
      return Optional.of(Json.view(stored.document(), CsiStorageCapacity.class));
    } catch (Rejection rejection) {
      if (rejection.status().code() == 404) {
        return Optional.empty();
      }
      throw rejection;
    }
  }

  private boolean isNews(CsiStorageCapacity there, long bytes, boolean exactly) {
    var owned =
        there.metadata().ownerReferences().stream()
            .anyMatch(owner -> owner.uid().equals(node.get().uid()));
    var capacity = there.capacity();
    if (!owned || capacity == null) {
      return true;
    }
    var told = capacity.ceiling();
    var difference = Math.abs(told - bytes);
    return exactly
        ? difference > 0
        : difference >= Math.max(LEAST_CHANGE_BYTES, told / LEAST_CHANGE_PART);
  }

  private ObjectNode report(StorageClass type, long bytes) {
    var report = Json.object();
    var metadata = report.putObject("metadata").put("name", key(type).name());
    metadata
        .putObject("labels")
        .put(CsiStorageCapacity.REPORTER, nodeName)
        .put(CsiStorageCapacity.DRIVER, type.provisioner());
    var owner = node.get();
    metadata
        .putArray("ownerReferences")
        .addObject()
        .put("apiVersion", "v1")
        .put("kind", "Node")
        .put("name", owner.name())
        .put("uid", owner.uid());
    report.putObject("nodeTopology").putObject("matchLabels").put(Node.HOSTNAME_LABEL, nodeName);
    report.put("storageClassName", type.metadata().name());
    report.put("capacity", Quantity.ofBytes(bytes).toString());
    return report;
  }

  private void remove(ObjectKey key) {
    try {
      resources.delete(
          ResourceTypes.STORAGE_CAPACITY, key.namespace(), key.name(), DeleteOptions.DEFAULT);
    } catch (Rejection rejection) {
      if (rejection.status().code() != 404) {
        throw rejection;
      }
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
