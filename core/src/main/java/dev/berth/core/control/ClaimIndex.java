package dev.berth.core.control;

import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The claims by the volume that they name, and those that still look for one. */
public final class ClaimIndex {

  /** A place in the order in which a free volume is offered: the largest wish first, then age. */
  private record Wish(long bytes, Instant since, ObjectKey key) implements Comparable<Wish> {
    private static final Comparator<Wish> ORDER =
        Comparator.comparingLong(Wish::bytes)
            .reversed()
            .thenComparing(Wish::since)
            .thenComparing(Wish::key);

    @Override
    public int compareTo(Wish other) {
      return ORDER.compare(this, other);
    }
  }

  private static final ObjectKey FIRST = new ObjectKey(" ", "", " ");

  /** What claims of a namespace have in common. */
  private record Bond(String annotation, String namespace, String value) {}

  private final SetIndex<String, ObjectKey> byVolume = new SetIndex<>();
  private final SetIndex<Bond, ObjectKey> byBond = new SetIndex<>();
  private final Map<PoolKey, NavigableMap<Wish, Observed<PersistentVolumeClaim>>> looking =
      new HashMap<>();

  ClaimIndex() {}

  /** Is offered claims one by one. */
  @FunctionalInterface
  public interface Taker {
    /** Whether to go on offering. */
    boolean consider(Observed<PersistentVolumeClaim> claim);
  }

  /** The claims whose spec names the volume. */
  public Set<ObjectKey> naming(String volume) {
    return byVolume.get(volume);
  }

  /** The claims of a volume group, those on their way out among them. */
  public Set<ObjectKey> ofGroup(String namespace, String group) {
    return bonded(PersistentVolumeClaim.VOLUME_GROUP, namespace, group);
  }

  /** The claims whose volumes have to be apart, those on their way out among them. */
  public Set<ObjectKey> spreadAs(String namespace, String spread) {
    return bonded(PersistentVolumeClaim.VOLUME_SPREAD, namespace, spread);
  }

  /** Every claim that is bound together with others, or apart from them. */
  public Set<ObjectKey> inCompany() {
    var all = new TreeSet<ObjectKey>();
    byBond.all().forEach(all::addAll);
    return all;
  }

  private Set<ObjectKey> bonded(String annotation, String namespace, String value) {
    return byBond.get(new Bond(annotation, namespace, value));
  }

  /**
   * Offers the claims of a class and mode that name no volume, are not on their way out, have no
   * write in flight and ask for at most so many bytes: the largest first, among equals the oldest.
   */
  public void offerLooking(PoolKey pool, long bytes, Taker taker) {
    var claims = looking.get(pool);
    if (claims == null) {
      return;
    }
    for (var claim : claims.tailMap(new Wish(bytes, Instant.MIN, FIRST), true).values()) {
      if (!taker.consider(claim)) {
        return;
      }
    }
  }

  void replace(
      @Nullable Observed<PersistentVolumeClaim> before,
      @Nullable Observed<PersistentVolumeClaim> after,
      boolean busy) {
    if (before != null) {
      remove(before);
    }
    if (after != null) {
      add(after, busy);
    }
  }

  private static List<Bond> bondsOf(Observed<PersistentVolumeClaim> claim) {
    var bonds = new ArrayList<Bond>(0);
    var namespace = claim.key().namespace();
    if (!claim.view().volumeGroup().isEmpty()) {
      var group = claim.view().volumeGroup();
      bonds.add(new Bond(PersistentVolumeClaim.VOLUME_GROUP, namespace, group));
    }
    if (!claim.view().volumeSpread().isEmpty()) {
      var spread = claim.view().volumeSpread();
      bonds.add(new Bond(PersistentVolumeClaim.VOLUME_SPREAD, namespace, spread));
    }
    return bonds;
  }

  private void remove(Observed<PersistentVolumeClaim> claim) {
    for (var bond : bondsOf(claim)) {
      byBond.remove(bond, claim.key());
    }
    byVolume.remove(claim.view().volumeName(), claim.key());
    var pool = PoolKey.of(claim.view());
    var claims = looking.get(pool);
    if (claims != null && claims.remove(wish(claim)) != null && claims.isEmpty()) {
      looking.remove(pool);
    }
  }

  private void add(Observed<PersistentVolumeClaim> claim, boolean busy) {
    for (var bond : bondsOf(claim)) {
      byBond.add(bond, claim.key());
    }
    var volume = claim.view().volumeName();
    if (!volume.isEmpty()) {
      byVolume.add(volume, claim.key());
    } else if (!busy && !claim.view().bindCompleted() && !claim.view().metadata().deleting()) {
      looking
          .computeIfAbsent(PoolKey.of(claim.view()), absent -> new TreeMap<>())
          .put(wish(claim), claim);
    }
  }

  private static Wish wish(Observed<PersistentVolumeClaim> claim) {
    var created = claim.view().metadata().creationTimestamp();
    return new Wish(
        claim.view().request().ceiling(), created == null ? Instant.EPOCH : created, claim.key());
  }
}
