package dev.berth.core.control;

import dev.berth.core.model.Json;
import dev.berth.core.observe.Meters;
import dev.berth.core.provision.ProvisionProtocol;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.InMemoryObjectStore;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.Transaction;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A store and a control loop without threads, on a clock that tests turn by hand. */
public final class TestCluster {
  private static final int MOST_STEPS = 1000;

  public final InMemoryObjectStore store;
  private final List<String> events = new ArrayList<>();
  private final ControlLoop loop;
  private boolean woken;
  private Instant now = Instant.parse("2026-01-03T00:00:00Z");

  public TestCluster(List<Controller> controllers) {
    this(controllers, 100_000);
  }

  /**
   * @param watchBuffer most changes that wait for the loop
   */
  public TestCluster(List<Controller> controllers, int watchBuffer) {
    store = new InMemoryObjectStore(watchBuffer);
    loop =
        new ControlLoop(
            store,
            controllers,
            (involved, type, reason, message) ->
                events.add("%s %s %s: %s".formatted(involved.name(), type, reason, message)),
            new FailingFaultHandler(),
            Meters.none(),
            "test");
    loop.onWork(() -> woken = true);
  }

  /** Another one that begins with what is in this one's store, at the same time of day. */
  public TestCluster successor(List<Controller> controllers) {
    var next = new TestCluster(controllers);
    next.now = now;
    for (var object : store.list(Scope.everything(), 0, null, 0).objects()) {
      next.commit(new Transaction.Put(object.key(), Expectation.anything(), object.document()));
    }
    return next;
  }

  /** Lets no fault pass. */
  public static final class FailingFaultHandler implements FaultHandler {
    @Override
    public void stopped(String why, @Nullable Throwable cause) {
      throw new AssertionError("the control loop stopped: " + why, cause);
    }

    @Override
    public void decisionFailed(String controller, ObjectKey key, RuntimeException cause) {
      throw new AssertionError("the decision of " + controller + " on " + key + " failed", cause);
    }
  }

  /** Creates or replaces the objects, as somebody else does. */
  public TestCluster put(Manifest... manifests) {
    for (var manifest : manifests) {
      commit(new Transaction.Put(manifest.key(), Expectation.anything(), manifest.document()));
    }
    return this;
  }

  /** Changes an object, as somebody else does. */
  public TestCluster change(ObjectKey key, Consumer<ObjectNode> change) {
    var tree = (ObjectNode) tree(key);
    change.accept(tree);
    commit(new Transaction.Put(key, Expectation.present(), Json.write(tree)));
    return this;
  }

  /** Removes an object at once, as somebody else does. */
  public TestCluster remove(ObjectKey key) {
    commit(new Transaction.Delete(key, Expectation.present()));
    return this;
  }

  /** Asks for the deletion of an object that has finalizers. */
  public TestCluster delete(ObjectKey key) {
    return change(
        key,
        tree ->
            tree.withObject("metadata")
                .put("deletionTimestamp", now.toString())
                .put("deletionGracePeriodSeconds", 0));
  }

  private void commit(Transaction.Step step) {
    store.commit(Transaction.of(step)).join();
  }

  /** Lets the loop work until it has nothing more to do at this time. */
  public TestCluster settle() {
    for (var i = 0; i < MOST_STEPS; i++) {
      woken = false;
      var progress = loop.step(now);
      var due = progress.next() != null && !progress.next().isAfter(now);
      if (!progress.more() && !due && !woken) {
        return this;
      }
    }
    throw new AssertionError("the control loop does not come to rest");
  }

  /** Lets time pass, and the loop work at each point in time that it planned. */
  public TestCluster pass(Duration time) {
    var end = now.plus(time);
    settle();
    for (var next = loop.step(now).next(); next != null && !next.isAfter(end); ) {
      now = next.isAfter(now) ? next : now;
      settle();
      next = loop.step(now).next();
    }
    now = end;
    return settle();
  }

  public Instant now() {
    return now;
  }

  public ControlLoop loop() {
    return loop;
  }

  public boolean exists(ObjectKey key) {
    return store.get(key).isPresent();
  }

  public JsonNode tree(ObjectKey key) {
    return Json.parse(
        store.get(key).orElseThrow(() -> new AssertionError(key + " does not exist")).document());
  }

  /** The text at a path, empty when there is nothing. */
  public String at(ObjectKey key, String... path) {
    JsonNode at = tree(key);
    for (var name : path) {
      at = at.path(name);
    }
    return at.isMissingNode() ? "" : at.isValueNode() ? at.asString() : at.toString();
  }

  /** The node that is asked to make or to remove a volume answers; nobody has seen that yet. */
  public TestCluster answer(String volume, String word) {
    var key = Keys.volume(volume);
    var generation = annotation(key, ProvisionProtocol.PROVISION).split("/", 2)[1];
    return change(
        key,
        tree ->
            tree.withObject("metadata")
                .withObject("annotations")
                .put(ProvisionProtocol.PROVISION, word + "/" + generation));
  }

  public String annotation(ObjectKey key, String name) {
    return at(key, "metadata", "annotations", name);
  }

  /** {@code Bound v1}: the claim's phase and volume. */
  public String claim(String name) {
    var key = Keys.claim("default", name);
    return (at(key, "status", "phase") + " " + at(key, "spec", "volumeName")).strip();
  }

  /** {@code Bound c1}: the volume's phase and claim. */
  public String volume(String name) {
    var key = Keys.volume(name);
    return (at(key, "status", "phase") + " " + at(key, "spec", "claimRef", "name")).strip();
  }

  /** The node of a pod, empty while it has none. */
  public String nodeOf(String pod) {
    return at(Keys.pod("default", pod), "spec", "nodeName");
  }

  /** Why a pod has no node. */
  public String whyUnscheduled(String pod) {
    for (var condition : tree(Keys.pod("default", pod)).path("status").path("conditions")) {
      if (condition.path("type").asString().equals("PodScheduled")) {
        return condition.path("message").asString("");
      }
    }
    return "";
  }

  /** What was recorded: {@code name type reason: message}. */
  public List<String> events() {
    return events;
  }

  public TestCluster forgetEvents() {
    events.clear();
    return this;
  }
}
