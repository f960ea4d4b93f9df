package dev.berth.core.control;

import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The free volumes of one class and volume mode, in the order in which claims take them: those with
 * the fewest access modes first, among them the smallest first. Volumes that are tied to hosts by
 * name are found by host, so that a node is never compared with the disks of all others.
 */
public final class VolumePool {

  /** A place in the order of sizes. */
  private record Size(long bytes, String name) implements Comparable<Size> {
    private static final Comparator<Size> ORDER =
        Comparator.comparingLong(Size::bytes).thenComparing(Size::name);

    @Override
    public int compareTo(Size other) {
      return ORDER.compare(this, other);
    }
  }

  /** Volumes in the order of their sizes. */
  private static final class Row extends TreeMap<Size, Observed<PersistentVolume>> {
    private static final Row EMPTY = new Row();

    Iterator<Map.Entry<Size, Observed<PersistentVolume>>> from(long bytes) {
      return tailMap(new Size(bytes, ""), true).entrySet().iterator();
    }
  }

  /** Volumes with the same access modes. */
  private static final class Shelf {
    final Row all = new Row();
    final Row anywhere = new Row();
    final Map<String, Row> byHost = new HashMap<>();
  }

  /** The order of access modes: the fewest first. */
  public static final Comparator<Set<String>> FEWEST_FIRST =
      Comparator.<Set<String>>comparingInt(Set::size)
          .thenComparing(modes -> String.join(",", new TreeSet<>(modes)));

  private final NavigableMap<Set<String>, Shelf> shelves = new TreeMap<>(FEWEST_FIRST);

  VolumePool() {}

  /** Is offered volumes one by one. */
  @FunctionalInterface
  public interface Taker {
    /** Whether to go on offering. */
    boolean consider(Observed<PersistentVolume> volume);
  }

  /**
   * Offers the volumes that have all of the modes and at least the size, in their order, until the
   * taker wants no more.
   */
  public void offer(Set<String> modes, long bytes, Taker taker) {
    for (var entry : shelves.entrySet()) {
      if (entry.getKey().containsAll(modes)
          && !offer(entry.getValue().all.from(bytes), Collections.emptyIterator(), taker)) {
        return;
      }
    }
  }

  /** The smallest volume of at least the size for each set of access modes. */
  public List<Observed<PersistentVolume>> smallest(long bytes) {
    var found = new ArrayList<Observed<PersistentVolume>>();
    for (var shelf : shelves.values()) {
      var volumes = shelf.all.from(bytes);
      if (volumes.hasNext()) {
        found.add(volumes.next().getValue());
      }
    }
    return found;
  }

  /** As {@link #offer}, but only volumes that pods on the node can use. */
  public void offerOn(Node node, Set<String> modes, long bytes, Taker taker) {
    var labels = node.metadata().labels();
    var name = node.metadata().name();
    var host = labels.get(Node.HOSTNAME_LABEL);
    Taker reachable =
        volume -> !volume.view().reachableFrom(name, labels) || taker.consider(volume);
    for (var entry : shelves.entrySet()) {
      if (entry.getKey().containsAll(modes)) {
        var shelf = entry.getValue();
        var tied = host == null ? Row.EMPTY : shelf.byHost.getOrDefault(host, Row.EMPTY);
        if (!offer(tied.from(bytes), shelf.anywhere.from(bytes), reachable)) {
          return;
        }
      }
    }
  }

  /** Offers from both, the smaller one first. */
  private static boolean offer(
      Iterator<Map.Entry<Size, Observed<PersistentVolume>>> one,
      Iterator<Map.Entry<Size, Observed<PersistentVolume>>> other,
      Taker taker) {
    var first = nextOrNull(one);
    var second = nextOrNull(other);
    while (true) {
      boolean more;
      if (first != null && (second == null || first.getKey().compareTo(second.getKey()) < 0)) {
        more = taker.consider(first.getValue());
        first = nextOrNull(one);
      } else if (second != null) {
        more = taker.consider(second.getValue());
        second = nextOrNull(other);
      } else {
        return true;
      }
      if (!more) {
        return false;
      }
    }
  }

  private static <T> @Nullable T nextOrNull(Iterator<T> iterator) {
    return iterator.hasNext() ? iterator.next() : null;
  }

  void add(Observed<PersistentVolume> volume) {
    var modes = Set.copyOf(volume.view().spec().accessModes());
    var shelf = shelves.computeIfAbsent(modes, absent -> new Shelf());
    var size = size(volume);
    shelf.all.put(size, volume);
    var hosts = hosts(volume.view());
    if (hosts == null) {
      shelf.anywhere.put(size, volume);
    } else {
      for (var host : hosts) {
        shelf.byHost.computeIfAbsent(host, absent -> new Row()).put(size, volume);
      }
    }
  }

  void remove(Observed<PersistentVolume> volume) {
    var modes = Set.copyOf(volume.view().spec().accessModes());
    var shelf = shelves.get(modes);
    var size = size(volume);
    if (shelf == null || shelf.all.remove(size) == null) {
      return;
    }
    shelf.anywhere.remove(size);
    var hosts = hosts(volume.view());
    for (var host : hosts == null ? Set.<String>of() : hosts) {
      var row = shelf.byHost.get(host);
      if (row != null && row.remove(size) != null && row.isEmpty()) {
        shelf.byHost.remove(host);
      }
    }
    if (shelf.all.isEmpty()) {
      shelves.remove(modes);
    }
  }

  boolean isEmpty() {
    return shelves.isEmpty();
  }

  private static Size size(Observed<PersistentVolume> volume) {
    var bytes = volume.view().storage().amount().setScale(0, RoundingMode.FLOOR);
    return new Size(bytes.longValueExact(), volume.key().name());
  }

  /** The hosts that the volume's affinity names one by one; null when it says something else. */
  public static @Nullable Set<String> hosts(PersistentVolume volume) {
    var affinity = volume.spec().nodeAffinity();
    if (affinity == null || affinity.required() == null) {
      return null;
    }
    var hosts = new HashSet<String>();
    for (var term : affinity.required().nodeSelectorTerms()) {
      if (term.matchExpressions().size() != 1 || !term.matchFields().isEmpty()) {
        return null;
      }
      var requirement = term.matchExpressions().getFirst();
      if (!requirement.key().equals(Node.HOSTNAME_LABEL) || !requirement.operator().equals("In")) {
        return null;
      }
      hosts.addAll(requirement.values());
    }
    return hosts;
  }
}
