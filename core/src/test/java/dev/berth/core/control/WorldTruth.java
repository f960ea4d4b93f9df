package dev.berth.core.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.berth.core.model.ApiObject;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.StorageClass;
import dev.berth.core.storage.Change;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.ObjectStore;
import dev.berth.core.storage.Scope;
import dev.berth.core.storage.Watch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What really is in the store of a simulated world, and what is on its disks. */
final class WorldTruth {
  private static final boolean TRACED = Boolean.getBoolean("berth.trace");

  private final Watch watch;
  private final Map<ObjectKey, Observed<?>> objects = new TreeMap<>();
  private final SimulatedPools pools;
  private final Map<String, String> dataByVolumeUid = new HashMap<>();
  private final Map<ObjectKey, String> touches = new HashMap<>();
  private final BiConsumer<@Nullable Observed<?>, @Nullable Observed<?>> onChange;

  /**
   * @param onChange is told each change before it is taken in
   */
  WorldTruth(
      ObjectStore store,
      SimulatedPools pools,
      BiConsumer<@Nullable Observed<?>, @Nullable Observed<?>> onChange) {
    this.pools = pools;
    this.watch = store.watch(Scope.everything(), 0);
    this.onChange = onChange;
  }

  /** Takes in what was written. */
  void update() {
    while (watch.take(100) instanceof Watch.Changes(var changes, var progress)
        && !changes.isEmpty()) {
      changes.forEach(this::update);
    }
  }

  private void update(Change change) {
    var before = objects.get(change.key());
    var after = change.after() == null ? null : ObservedDecoder.decode(change.after());
    trace(change);
    onChange.accept(before, after);
    if (after == null) {
      touches.remove(change.key());
      objects.remove(change.key());
    } else {
      objects.put(change.key(), after);
    }
    if (after != null
        && after.view() instanceof PersistentVolume volume
        && volume.phase().equals("Bound")
        && volume.spec().claimRef() != null) {
      dataByVolumeUid.put(volume.metadata().uid(), volume.spec().claimRef().uid());
    }
  }

  /** Tells the story to whoever replays it with {@code -Dberth.trace=true}. */
  private static void trace(Change change) {
    if (TRACED) {
      var after = change.after();
      System.out.println(
          change.revision()
              + " "
              + change.key()
              + " "
              + (after == null ? "removed" : new String(after.document(), UTF_8)));
    }
  }

  /** What is in the pools of the hosts. */
  SimulatedPools pools() {
    return pools;
  }

  /** The uid of the claim whose data is on the disk of the volume, null for a blank disk. */
  @Nullable String dataOn(PersistentVolume volume) {
    return dataByVolumeUid.get(volume.metadata().uid());
  }

  /** A user is about to write this, which nobody else may change. */
  void expectTouch(ObjectKey key, String value) {
    touches.put(key, value);
  }

  /** What a user wrote last that nobody else may change; null for nothing. */
  @Nullable String touchOf(ObjectKey key) {
    return touches.get(key);
  }

  /** The disk was wiped, or its administrator says that its data may be seen. */
  void forgetData(PersistentVolume volume) {
    dataByVolumeUid.remove(volume.metadata().uid());
  }

  @Nullable Observed<?> get(ObjectKey key) {
    return objects.get(key);
  }

  <T extends ApiObject> @Nullable T view(ObjectKey key, Class<T> type) {
    var object = objects.get(key);
    return object == null ? null : type.cast(object.view());
  }

  @SuppressWarnings("unchecked") // each is looked at before
  private <T extends ApiObject> List<Observed<T>> all(Class<T> type) {
    var found = new ArrayList<Observed<T>>();
    for (var object : objects.values()) {
      if (type.isInstance(object.view())) {
        found.add((Observed<T>) object);
      }
    }
    return found;
  }

  List<Observed<PersistentVolume>> volumes() {
    return all(PersistentVolume.class);
  }

  List<Observed<PersistentVolumeClaim>> claims() {
    return all(PersistentVolumeClaim.class);
  }

  List<Observed<Pod>> pods() {
    return all(Pod.class);
  }

  List<Observed<StorageClass>> classes() {
    return all(StorageClass.class);
  }

  List<Observed<Node>> nodes() {
    return all(Node.class);
  }

  /** Whether claims of the class wait for their pod. */
  boolean isDelayed(String className) {
    var type = className.isEmpty() ? null : view(Keys.storageClass(className), StorageClass.class);
    return type != null && type.delayed();
  }
}
