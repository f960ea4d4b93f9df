package dev.berth.core.schedule;

import dev.berth.core.binding.Spread;
import dev.berth.core.control.Backoff;
import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Keys;
import dev.berth.core.control.NodeState;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Plan.Relief;
import dev.berth.core.control.PoolKey;
import dev.berth.core.control.Timers;
import dev.berth.core.control.Transition;
import dev.berth.core.control.VolumeIndex;
import dev.berth.core.control.WorkQueue;
import dev.berth.core.model.ApiObject;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The pods that wait for a node: the most important and oldest first. One that fits nowhere is set
 * aside with the kinds of change that can help it, waits longer after each attempt, and is looked
 * at again after a minute in any case.
 */
public final class SchedulingQueue implements WorkQueue {

  private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(10));
  private static final Duration LONGEST_ASIDE = Duration.ofSeconds(60);

  /** A pod that waits, and its place among others. */
  private static final class Waiting {
    final ObjectKey key;
    final PodDemand demand;
    final int priority;
    final Instant created;
    int attempts;
    int conflicts;
    Instant rested = Instant.MIN;
    Set<Relief> reliefs = Set.of();

    Waiting(Observed<Pod> pod) {
      key = pod.key();
      demand = new PodDemand(pod);
      priority = demand.priority();
      var timestamp = pod.view().metadata().creationTimestamp();
      created = timestamp == null ? Instant.EPOCH : timestamp;
    }

    Waiting refreshed() {
      rested = Instant.MIN;
      return this;
    }

    int priority() {
      return priority;
    }

    Instant created() {
      return created;
    }

    ObjectKey key() {
      return key;
    }
  }

  private static final Comparator<Waiting> ORDER =
      Comparator.comparingInt(Waiting::priority)
          .reversed()
          .thenComparing(Waiting::created)
          .thenComparing(Waiting::key);

  private final Map<ObjectKey, Waiting> pods = new HashMap<>();
  private final TreeSet<Waiting> active = new TreeSet<>(ORDER);
  private final Timers resting = new Timers();
  private final Map<ObjectKey, Waiting> aside = new HashMap<>();
  private final Timers asideUntil = new Timers();
  private Instant newest = Instant.MIN;

  @Override
  public void observe(Transition transition, ClusterView view, Instant now) {
    var key = transition.key();
    if (Keys.is(key, ResourceTypes.POD)) {
      observePod(transition, view, now);
    } else if (Keys.is(key, ResourceTypes.NODE)) {
      relieveByNode(Reliefs.nodeReliefs(transition), view.nodes().get(key.name()), now);
    } else if (Keys.is(key, ResourceTypes.CSI_NODE)) {
      relieveByNode(EnumSet.of(Relief.NODE), view.nodes().get(key.name()), now);
    } else if (Keys.is(key, ResourceTypes.VOLUME)) {
      if (transition.after() instanceof PersistentVolume after && VolumeIndex.isFree(after)) {
        relieve(Relief.VOLUME, waiting -> mayUse(waiting, after, view), now);
      }
      if (VolumeIndex.endsWork(transition)) {
        relieve(EnumSet.of(Relief.SPACE), now);
      }
    } else if (Keys.is(key, ResourceTypes.STORAGE_CAPACITY)) {
      relieve(EnumSet.of(Relief.SPACE), now);
    } else if (Keys.is(key, ResourceTypes.CLASS)) {
      relieve(Relief.VOLUME, waiting -> true, now);
    } else if (Keys.is(key, ResourceTypes.NAMESPACE)) {
      relieve(EnumSet.of(Relief.POD_CAME, Relief.POD_GONE), now);
    } else if (Keys.is(key, ResourceTypes.CLAIM)) {
      if (Reliefs.isNewlyBound(transition)) {
        // What they waited for has come, and comes once: they need no rest.
        for (var pod : view.pods().using(key)) {
          pods.computeIfPresent(pod, (user, waiting) -> waiting.refreshed());
          add(pod, now);
        }
      }
      relieveUsers(key, view, now);
      if (!aside.isEmpty()) {
        relieveGroup(transition.before(), view, now);
        relieveGroup(transition.after(), view, now);
        if (Spread.freesPlace(transition.before(), transition.after())
            && transition.before() instanceof PersistentVolumeClaim before) {
          view.claims()
              .spreadAs(key.namespace(), before.volumeSpread())
              .forEach(peer -> relieveUsers(peer, view, now));
        }
      }
    }
  }

  private void relieveUsers(ObjectKey claim, ClusterView view, Instant now) {
    for (var pod : view.pods().using(claim)) {
      var waiting = aside.get(pod);
      if (waiting != null && waiting.reliefs.contains(Relief.CLAIM)) {
        wake(waiting, now);
      }
    }
  }

  /** Those whose claims wait for their group to be whole. */
  private void relieveGroup(@Nullable ApiObject object, ClusterView view, Instant now) {
    if (object instanceof PersistentVolumeClaim claim && !claim.volumeGroup().isEmpty()) {
      view.claims()
          .ofGroup(claim.metadata().namespace(), claim.volumeGroup())
          .forEach(peer -> relieveUsers(peer, view, now));
    }
  }

  private void observePod(Transition transition, ClusterView view, Instant now) {
    var before = transition.before() instanceof Pod pod ? pod : null;
    var after = transition.after() instanceof Pod pod ? pod : null;
    relieve(Reliefs.neighbourReliefs(before, after), now);
    if (before != null && Reliefs.gaveRoomBack(before, after)) {
      relieveByNode(EnumSet.of(Relief.ROOM), view.nodes().get(before.destination()), now);
    }
    if (!aside.isEmpty()
        && (before == null || after == null || !Reliefs.isSameWait(before, after))) {
      relieveCompany(before, view, now);
      relieveCompany(after, view, now);
    }
    if (after == null || !PodScheduler.isWaiting(after)) {
      forget(transition.key());
    } else if (before == null
        || !Reliefs.isSameWish(before, after)
        || !pods.containsKey(transition.key())) {
      forget(transition.key());
      var pod = view.pod(transition.key());
      if (pod != null) {
        pods.put(transition.key(), new Waiting(pod));
        add(transition.key(), now);
      }
    }
  }

  /** Those that use claims of the same volume groups. */
  private void relieveCompany(@Nullable Pod pod, ClusterView view, Instant now) {
    if (pod != null) {
      for (var name : pod.claimNames()) {
        var claim = view.claim(Keys.claim(pod.metadata().namespace(), name));
        relieveGroup(claim == null ? null : claim.view(), view, now);
      }
    }
  }

  /** Takes those from aside that one of these can help. */
  private void relieve(Set<Relief> reliefs, Instant now) {
    reliefs.forEach(relief -> relieve(relief, waiting -> true, now));
  }

  private void relieve(Relief relief, Predicate<Waiting> canHelp, Instant now) {
    if (aside.isEmpty()) {
      return;
    }
    for (var waiting : List.copyOf(aside.values())) {
      if (waiting.reliefs.contains(relief) && canHelp.test(waiting)) {
        wake(waiting, now);
      }
    }
  }

  /**
   * A change of one node helps those that the node can take by its own rules. Where the places of
   * pods matter, a node can also help by what it makes of the others.
   */
  private void relieveByNode(Set<Relief> reliefs, @Nullable NodeState node, Instant now) {
    for (var relief : reliefs) {
      relieve(
          relief,
          waiting ->
              node == null
                  || node.node() == null
                  || node.isPromisedTo(waiting.key)
                  || waiting.reliefs.contains(Relief.POD_CAME)
                  || waiting.reliefs.contains(Relief.POD_GONE)
                  || Ranking.check(waiting.demand, node).isEmpty(),
          now);
    }
  }

  /** Whether the volume has what one of the pod's claims, or of their groups, asks for. */
  private static boolean mayUse(Waiting waiting, PersistentVolume volume, ClusterView view) {
    for (var name : waiting.demand.pod().view().claimNames()) {
      var claim = view.claim(Keys.claim(waiting.key.namespace(), name));
      if (claim != null && mayUse(claim.view(), volume)) {
        return true;
      }
      if (claim != null && !claim.view().volumeGroup().isEmpty()) {
        for (var key : view.claims().ofGroup(waiting.key.namespace(), claim.view().volumeGroup())) {
          var member = view.claim(key);
          if (member != null && mayUse(member.view(), volume)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean mayUse(PersistentVolumeClaim claim, PersistentVolume volume) {
    return PoolKey.of(claim).equals(PoolKey.of(volume))
        && claim.request().compareTo(volume.storage()) <= 0;
  }

  private void wake(Waiting waiting, Instant now) {
    aside.remove(waiting.key);
    asideUntil.cancel(waiting.key);
    if (waiting.rested.isAfter(now)) {
      resting.set(waiting.key, waiting.rested);
    } else {
      active.add(waiting);
      newest = now;
    }
  }

  @Override
  public void add(ObjectKey key, Instant now) {
    var waiting = pods.get(key);
    if (waiting != null) {
      leave(waiting);
      active.add(waiting);
      newest = now;
    }
  }

  private void leave(Waiting waiting) {
    active.remove(waiting);
    aside.remove(waiting.key);
    asideUntil.cancel(waiting.key);
    resting.cancel(waiting.key);
  }

  private void forget(ObjectKey key) {
    var waiting = pods.remove(key);
    if (waiting != null) {
      leave(waiting);
    }
  }

  @Override
  public @Nullable ObjectKey poll(Instant now) {
    newest = now;
    var due = new ArrayList<ObjectKey>();
    for (var key = resting.pollDue(now); key != null; key = resting.pollDue(now)) {
      due.add(key);
    }
    for (var key = asideUntil.pollDue(now); key != null; key = asideUntil.pollDue(now)) {
      due.add(key);
    }
    due.forEach(key -> add(key, now));
    var first = active.pollFirst();
    return first == null ? null : first.key;
  }

  @Override
  public void decided(ObjectKey key, Plan.Next next, Instant now) {
    var waiting = pods.get(key);
    if (waiting == null) {
      return;
    }
    switch (next) {
      case Plan.Relieved(var by) -> {
        waiting.attempts++;
        waiting.rested =
            waiting.attempts == 1 ? now : now.plus(BACKOFF.after(waiting.attempts - 1));
        waiting.reliefs = by;
        aside.put(key, waiting);
        asideUntil.set(key, now.plus(LONGEST_ASIDE));
      }
      case Plan.At(var time) -> resting.set(key, time);
      case Plan.Whenever() -> {}
      case Plan.Settled(var keys) -> {}
    }
  }

  @Override
  public void failed(ObjectKey key, boolean fresh, Instant now) {
    var waiting = pods.get(key);
    if (waiting == null) {
      return;
    }
    waiting.conflicts++;
    leave(waiting);
    if (fresh && waiting.conflicts == 1) {
      active.add(waiting);
    } else {
      resting.set(key, now.plus(BACKOFF.after(waiting.conflicts)));
    }
  }

  @Override
  public void succeeded(ObjectKey key) {
    var waiting = pods.get(key);
    if (waiting != null) {
      waiting.conflicts = 0;
    }
  }

  @Override
  public @Nullable Instant next() {
    if (!active.isEmpty()) {
      return newest;
    }
    var rested = resting.next();
    var flush = asideUntil.next();
    if (rested == null || flush == null) {
      return rested == null ? flush : rested;
    }
    return rested.isBefore(flush) ? rested : flush;
  }

  @Override
  public int size() {
    return pods.size();
  }

  @Override
  public void clear() {
    pods.clear();
    active.clear();
    resting.clear();
    aside.clear();
    asideUntil.clear();
  }
}
