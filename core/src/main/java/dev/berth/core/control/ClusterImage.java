package dev.berth.core.control;

import dev.berth.core.model.ApiObject;
import dev.berth.core.model.CsiStorageCapacity;
import dev.berth.core.model.Namespace;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.model.StorageClass;
import dev.berth.core.storage.Change;
import dev.berth.core.storage.Commit;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.StoredObject;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The cluster as the decider knows it: filled from a list, kept up to date by the change feed, and
 * ahead of it by the decider's own writes. Its cost per change does not depend on how much else
 * there is. Not safe for use from several threads.
 *
 * <p>For each object there is the newest version that is known to be in the store (by the feed or
 * by the answer to a write of our own, whichever came first) and at most one write in flight. What
 * the view shows is the write in flight, else the known version. Removals in flight are shown only
 * when they are answered.
 */
public class ClusterImage implements ClusterView {

  private static final class Entry {
    @Nullable Observed<?> known;

    /** The newest revision that is known to have written or removed the object. */
    long knownRevision;

    @Nullable InFlight inFlight;

    @Nullable Observed<?> shown() {
      return inFlight != null ? inFlight.shown() : known;
    }
  }

  /**
   * @param before what was shown when the write was proposed
   * @param shown until it is answered
   */
  private record InFlight(@Nullable Observed<?> before, @Nullable Observed<?> shown) {}

  private final Map<ObjectKey, Entry> entries = new HashMap<>();
  private final TreeMap<Long, ObjectKey> removedAhead = new TreeMap<>();
  private final Map<Long, List<Transaction.Step>> proposals = new HashMap<>();
  private final ClassIndex classes = new ClassIndex();
  private final CapacityIndex capacities = new CapacityIndex();
  private final VolumeIndex volumes = new VolumeIndex();
  private final ClaimIndex claims = new ClaimIndex();
  private final PodIndex pods = new PodIndex();
  private final NodeIndex nodes = new NodeIndex();
  private final OwnershipIndex owners = new OwnershipIndex();
  private long revision;
  private long lastProposal;

  /** Takes in an object of the list that the image starts from. */
  public void load(StoredObject object, Instant now) {
    var entry = new Entry();
    entries.put(object.key(), entry);
    entry.known = ObservedDecoder.decode(object);
    entry.knownRevision = object.revision();
    reindex(object.key(), null, entry.known, false, now);
  }

  /** Takes in a change of the feed; null when it tells nothing new. */
  public @Nullable Transition feed(Change change, Instant now) {
    var entry = entries.computeIfAbsent(change.key(), absent -> new Entry());
    if (change.revision() <= entry.knownRevision) {
      return null;
    }
    var shownBefore = entry.shown();
    entry.known = change.after() == null ? null : ObservedDecoder.decode(change.after());
    entry.knownRevision = change.revision();
    if (entry.inFlight != null) {
      return null;
    }
    reindex(change.key(), shownBefore, entry.known, false, now);
    if (entry.known == null) {
      entries.remove(change.key());
    }
    return transition(change.key(), shownBefore, entry.known);
  }

  /** Notes how far the feed has come. */
  public void progress(long revision) {
    this.revision = Math.max(this.revision, revision);
    var passed = removedAhead.headMap(this.revision, true);
    for (var key : passed.values()) {
      forgetIfGone(key);
    }
    passed.clear();
  }

  /**
   * Lays the writes of a decision over the image.
   *
   * @return the number by which its outcome is told
   * @throws IllegalStateException when an object has a write in flight already
   */
  public long propose(List<Transaction.Step> steps, Instant now) {
    for (var step : steps) {
      if (!(step instanceof Transaction.Check) && isBusy(step.key())) {
        throw new IllegalStateException("a second write in flight of " + step.key());
      }
    }
    for (var step : steps) {
      switch (step) {
        case Transaction.Put(var key, var expected, var document) ->
            overlay(key, ObservedDecoder.decode(new StoredObject(key, 0, document)), now);
        case Transaction.Delete(var key, var expected) -> overlay(key, shown(key), now);
        case Transaction.Check check -> {}
      }
    }
    lastProposal++;
    proposals.put(lastProposal, steps);
    return lastProposal;
  }

  /** Shows what a write in flight will make of the object. */
  void overlay(ObjectKey key, @Nullable Observed<?> shown, Instant now) {
    var entry = entries.computeIfAbsent(key, absent -> new Entry());
    var before = entry.known;
    entry.inFlight = new InFlight(before, shown);
    reindex(key, before, shown, true, now);
  }

  /** The decision has been committed. */
  public List<Transition> settle(long proposal, Commit commit, Instant now) {
    var steps = proposal(proposal);
    var transitions = new ArrayList<Transition>();
    for (var i = 0; i < steps.size(); i++) {
      var key = steps.get(i).key();
      switch (steps.get(i)) {
        case Transaction.Put(var ignored, var expected, var document) ->
            settle(key, document, commit.revisions()[i], now, transitions);
        case Transaction.Delete delete ->
            settle(key, null, commit.revisions()[i], now, transitions);
        case Transaction.Check check -> {}
      }
    }
    return transitions;
  }

  private void settle(
      ObjectKey key,
      byte @Nullable [] document,
      long revision,
      Instant now,
      List<Transition> transitions) {
    var entry = entry(key);
    var inFlight = inFlight(key, entry);
    var shown = inFlight.shown();
    if (revision > entry.knownRevision) {
      entry.known =
          document == null || shown == null
              ? null
              : new Observed<>(key, revision, document, shown.view());
      entry.knownRevision = revision;
    }
    if (revision < entry.knownRevision) {
      // Somebody wrote after us. What we made of it was there before, and was decided on.
      add(transition(key, inFlight.before(), shown), transitions);
      land(key, entry, shown, shown, now, transitions);
    } else {
      land(key, entry, shown, inFlight.before(), now, transitions);
    }
  }

  /** The decision was not committed, and never will be. */
  public List<Transition> revert(long proposal, Instant now) {
    var transitions = new ArrayList<Transition>();
    for (var step : proposal(proposal)) {
      if (!(step instanceof Transaction.Check)) {
        var entry = entry(step.key());
        var shown = inFlight(step.key(), entry).shown();
        land(step.key(), entry, shown, shown, now, transitions);
      }
    }
    return transitions;
  }

  /** Shows again what is known to be in the store. */
  private void land(
      ObjectKey key,
      Entry entry,
      @Nullable Observed<?> shown,
      @Nullable Observed<?> comparedWith,
      Instant now,
      List<Transition> transitions) {
    entry.inFlight = null;
    reindex(key, shown, entry.known, false, now);
    if (entry.known == null) {
      if (entry.knownRevision > revision) {
        removedAhead.put(entry.knownRevision, key);
      } else {
        entries.remove(key);
      }
    }
    add(transition(key, comparedWith, entry.known), transitions);
  }

  private static void add(@Nullable Transition transition, List<Transition> transitions) {
    if (transition != null) {
      transitions.add(transition);
    }
  }

  private List<Transaction.Step> proposal(long number) {
    var steps = proposals.remove(number);
    if (steps == null) {
      throw new IllegalStateException("the outcome of proposal " + number + " was told before");
    }
    return steps;
  }

  private Entry entry(ObjectKey key) {
    var entry = entries.get(key);
    if (entry == null) {
      throw new IllegalStateException(key + " was forgotten with a write in flight");
    }
    return entry;
  }

  private static InFlight inFlight(ObjectKey key, Entry entry) {
    if (entry.inFlight == null) {
      throw new IllegalStateException("no write of " + key + " is in flight");
    }
    return entry.inFlight;
  }

  private void forgetIfGone(ObjectKey key) {
    var entry = entries.get(key);
    if (entry != null && entry.known == null && entry.inFlight == null) {
      entries.remove(key);
    }
  }

  private static @Nullable Transition transition(
      ObjectKey key, @Nullable Observed<?> before, @Nullable Observed<?> after) {
    return before == null && after == null
        ? null
        : new Transition(
            key, before == null ? null : before.view(), after == null ? null : after.view());
  }

  private void reindex(
      ObjectKey key,
      @Nullable Observed<?> before,
      @Nullable Observed<?> after,
      boolean busy,
      Instant now) {
    owners.replace(key, before, after);
    if (Keys.is(key, ResourceTypes.POD)) {
      var podBefore = as(Pod.class, before);
      var podAfter = as(Pod.class, after);
      pods.replace(podBefore, podAfter);
      nodes.replacePod(podBefore, podAfter, now);
    } else if (Keys.is(key, ResourceTypes.VOLUME)) {
      volumes.replace(as(PersistentVolume.class, before), as(PersistentVolume.class, after), busy);
    } else if (Keys.is(key, ResourceTypes.CLAIM)) {
      claims.replace(
          as(PersistentVolumeClaim.class, before), as(PersistentVolumeClaim.class, after), busy);
    } else if (Keys.is(key, ResourceTypes.NODE)) {
      nodes.replace(key.name(), as(Node.class, after), now);
    } else if (Keys.is(key, ResourceTypes.NAMESPACE)) {
      nodes.podPlaces().replaceNamespace(key.name(), as(Namespace.class, after));
    } else if (Keys.is(key, ResourceTypes.CLASS)) {
      classes.replace(key, as(StorageClass.class, after));
    } else if (Keys.is(key, ResourceTypes.STORAGE_CAPACITY)) {
      capacities.replace(
          key,
          before != null && before.view() instanceof CsiStorageCapacity old ? old : null,
          after != null && after.view() instanceof CsiStorageCapacity report ? report : null);
    } else if (Keys.is(key, ResourceTypes.LEASE) && key.namespace().equals(Keys.NODE_LEASES)) {
      nodes.beat(key.name(), after != null, now);
    }
  }

  @SuppressWarnings("unchecked") // an Observed is read-only, so that it is one of its view's type
  private static <T extends ApiObject> @Nullable Observed<T> as(
      Class<T> type, @Nullable Observed<?> object) {
    return object != null && type.isInstance(object.view()) ? (Observed<T>) object : null;
  }

  private @Nullable Observed<?> shown(ObjectKey key) {
    var entry = entries.get(key);
    return entry == null ? null : entry.shown();
  }

  /** The newest revision known to have written or removed the object, 0 for none. */
  public long knownRevision(ObjectKey key) {
    var entry = entries.get(key);
    return entry == null ? 0 : entry.knownRevision;
  }

  /** Every object that is shown. */
  public Set<ObjectKey> keys() {
    return entries.keySet();
  }

  @Override
  public long revision() {
    return revision;
  }

  @Override
  public @Nullable Observed<?> object(ObjectKey key) {
    return shown(key);
  }

  @Override
  public boolean isBusy(ObjectKey key) {
    var entry = entries.get(key);
    return entry != null && entry.inFlight != null;
  }

  @Override
  public @Nullable Observed<PersistentVolume> volume(String name) {
    return as(PersistentVolume.class, shown(Keys.volume(name)));
  }

  @Override
  public @Nullable Observed<PersistentVolumeClaim> claim(ObjectKey key) {
    return as(PersistentVolumeClaim.class, shown(key));
  }

  @Override
  public @Nullable Observed<Pod> pod(ObjectKey key) {
    return as(Pod.class, shown(key));
  }

  @Override
  public @Nullable Observed<Node> node(String name) {
    var state = nodes.get(name);
    return state == null ? null : state.node();
  }

  @Override
  public @Nullable Observed<StorageClass> storageClass(String name) {
    return name.isEmpty() ? null : as(StorageClass.class, shown(Keys.storageClass(name)));
  }

  @Override
  public CapacityIndex capacities() {
    return capacities;
  }

  @Override
  public ClassIndex classes() {
    return classes;
  }

  @Override
  public @Nullable Observed<Namespace> namespace(String name) {
    return as(Namespace.class, shown(Keys.namespace(name)));
  }

  @Override
  public VolumeIndex volumes() {
    return volumes;
  }

  @Override
  public ClaimIndex claims() {
    return claims;
  }

  @Override
  public PodIndex pods() {
    return pods;
  }

  @Override
  public NodeIndex nodes() {
    return nodes;
  }

  @Override
  public OwnershipIndex owners() {
    return owners;
  }
}
