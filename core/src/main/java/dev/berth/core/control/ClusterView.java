package dev.berth.core.control;

import dev.berth.core.model.Namespace;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.model.StorageClass;
import dev.berth.core.storage.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All objects at one revision, with the writes of decisions in flight laid over them; it does not
 * change while a decision is made.
 *
 * <p>An object with a write in flight ({@link #isBusy}) shows what that write will make of it, so
 * that nothing is given away twice. It cannot be written, and nothing may be built on it (only
 * around it), until the write is answered: a decision that needs it waits with {@link
 * Plan.Settled}. An object whose removal is in flight is still shown, busy: what it holds is not
 * free yet.
 */
public interface ClusterView {

  /** Everything up to this revision has been taken in. */
  long revision();

  /** The object, of whatever kind; null when there is none. */
  @Nullable Observed<?> object(ObjectKey key);

  /** Whether a write of our own to the object has not been answered yet. */
  boolean isBusy(ObjectKey key);

  @Nullable Observed<PersistentVolume> volume(String name);

  @Nullable Observed<PersistentVolumeClaim> claim(ObjectKey key);

  @Nullable Observed<Pod> pod(ObjectKey key);

  @Nullable Observed<Node> node(String name);

  /** The class of this name; null when there is none, or no name. */
  @Nullable Observed<StorageClass> storageClass(String name);

  @Nullable Observed<Namespace> namespace(String name);

  ClassIndex classes();

  CapacityIndex capacities();

  VolumeIndex volumes();

  ClaimIndex claims();

  PodIndex pods();

  NodeIndex nodes();

  OwnershipIndex owners();

  /** Those of the keys that are busy. */
  default List<ObjectKey> busyAmong(Iterable<ObjectKey> keys) {
    var busy = new ArrayList<ObjectKey>();
    for (var key : keys) {
      if (isBusy(key)) {
        busy.add(key);
      }
    }
    return busy;
  }
}
