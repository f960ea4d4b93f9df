package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Edit;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.WipeMethod;
import dev.berth.core.provision.NodeProvisioner;
import java.util.List;
import java.util.Optional;

/**
 * How the data of a released local volume is destroyed before anybody else can get the disk. The
 * binder decides, the node that has the disk does the work, and the volume object carries the
 * conversation in two annotations. Nothing else has to survive on either side.
 *
 * <pre>
 *  binder                              volume object                          node
 *  ------                              -------------                          ----
 *  claim is gone, policy Delete,
 *  its data not kept any longer,
 *  source local: one transaction  -->  phase Released
 *                                      berth.dev/wipe: requested/G
 *                                      berth.dev/wipe-claim: UID
 *                                      berth.dev/wipe-method: zero
 *  exactly one node matches the
 *  volume's node affinity         -->  berth.dev/wipe-node: NODE      -->     isRequestedOf(volume, NODE):
 *                                                                             nothing has it mounted or open;
 *                                                                             sync "wiping G" to its own disk;
 *                                                                             wipe; sync "wiped G, device D"
 *                                      berth.dev/wipe: done/G         &lt;--     patch with resourceVersion, which
 *                                      (berth.dev/fs-uuid removed)            also removes berth.dev/fs-uuid
 *  done, and UID is that of the
 *  claimRef: one transaction      -->  claimRef, bound-by-controller,
 *                                      wipe-node, wipe-claim removed,
 *                                      phase Available
 *                                      (a volume that a provisioner made
 *                                      is deleted instead)
 * </pre>
 *
 * <p><b>The generation</b> G is the revision of the volume that the request was decided on: unique
 * for each release, and never used again. {@code done/G} stays on the volume while it is Available
 * and Bound, so that the node can tell whether its own record "wiped G" belongs to this life of the
 * volume (such a record is good for one format). The binder takes the word {@code done} only for
 * the claim UID that the request was about, so that an old word never stands for a new release.
 *
 * <p><b>While {@link #isDirty} holds</b> the volume stays Released (or Failed), matches no claim,
 * is bound to none, not even to one that names it, and keeps its protection finalizer: deletion of
 * the object waits for the wipe, because a new object for the same disk would know nothing of the
 * data on it.
 *
 * <p><b>The node</b> acts on what its newest read of the volume says: {@link #isRequestedOf} with
 * its own name, and reclaim policy Delete. It looks again before it starts, and stops when the
 * request has gone. It refuses, with a Warning event {@code VolumeFailedDelete} and the reason in
 * {@code status.message}, a disk that is not the one that it knows by this volume (UUID, device), a
 * disk that is mounted or held, and a directory whose mount is gone; then it tries again with
 * backoff. Progress may be told in {@code status.message} too; {@code status.phase} is the
 * binder's.
 *
 * <p><b>The method</b> is that of the volume's class ({@link WipeMethod#PARAMETER}), unless an
 * administrator has written another on the volume. A disk that may come back as a Block volume, or
 * that becomes a new volume after this one, must have nothing left to read: there {@code
 * signatures} and {@code discard} become {@code zero}. With {@code none} nothing is requested.
 *
 * <p><b>While the volume is cordoned</b> ({@link Cordon}), because its disk fails or an
 * administrator said so, no wipe is asked for, and one that was asked for has no node any more, so
 * that its node stops; it goes on when the cordon is lifted, or the administrator has the volume
 * wiped although it is cordoned. A volume that is cordoned when it is wiped stays Released.
 *
 * <p><b>An administrator</b> may cancel a request by setting the policy to Retain, or the method to
 * {@code none}: the binder removes the annotations, and the volume stays Released until its
 * claimRef is removed, which is his word that the data may be seen. He may set {@code
 * berth.dev/wipe-node} himself when the node cannot be told from the node affinity. Removing only
 * the claimRef of a dirty volume changes nothing: the wipe goes on, and makes the volume Available.
 *
 * <p><b>Crash points</b>, each repaired by whoever starts next from what it reads:
 *
 * <ol>
 *   <li>The claim is deleted, nothing else happened: the volume names a claim that is not there;
 *       the binder makes the request.
 *   <li>Requested, the node has not seen it: the node lists the volumes when it starts.
 *   <li>The node died while wiping: the request still stands, its own record says "wiping G"; it
 *       begins again (or goes on from a synced position).
 *   <li>Wiped, but not yet said: its own record says "wiped G" for the device that is there; it
 *       says so. Without that record it wipes again.
 *   <li>Said, and the binder died: it finds {@code done/G} when it starts.
 *   <li>Power fails after "wiped G" was synced: what was wiped was synced before the record.
 * </ol>
 */
public final class WipeProtocol {

  /** Annotation: {@code requested/G} or {@code done/G}. */
  public static final String WIPE = "berth.dev/wipe";

  /** Annotation: the node that has to do it. */
  public static final String WIPE_NODE = "berth.dev/wipe-node";

  /** Annotation: the uid of the claim whose data it is about. For the binder alone. */
  public static final String WIPE_CLAIM = "berth.dev/wipe-claim";

  /** Annotation: how far the node has come, for people. */
  public static final String WIPE_PROGRESS = "berth.dev/wipe-progress";

  /** Static provisioners annotate what they found as theirs, but leave the wiping to us. */
  private static final List<String> OWN_PROVISIONERS =
      List.of("kubernetes.io/", "local-volume-provisioner-", "berth.dev/", "loop.berth.dev");

  private static final String REQUESTED = "requested/";
  private static final String DONE = "done/";
  private static final String UNUSED = "unused/";

  /** What the annotation of a volume says. */
  public sealed interface State {}

  /** No wipe was ever asked for. */
  public record NotRequested() implements State {}

  /** The data of this generation has to be destroyed. */
  public record Requested(long generation) implements State {}

  /** The data of this generation was destroyed. */
  public record Done(long generation) implements State {}

  /**
   * There was nothing to destroy: its node never had it mounted. Whatever is there is another's.
   */
  public record Unused(long generation) implements State {}

  /**
   * Somebody wrote something else there: taken for dirty, and never wiped, until it is put right.
   */
  public record Unreadable(String value) implements State {}

  private WipeProtocol() {}

  public static State of(PersistentVolume volume) {
    var value = volume.metadata().annotations().get(WIPE);
    if (value == null) {
      return new NotRequested();
    }
    try {
      if (value.startsWith(REQUESTED)) {
        return new Requested(generation(value.substring(REQUESTED.length())));
      }
      if (value.startsWith(DONE)) {
        return new Done(generation(value.substring(DONE.length())));
      }
      if (value.startsWith(UNUSED)) {
        return new Unused(generation(value.substring(UNUSED.length())));
      }
    } catch (NumberFormatException e) {
      return new Unreadable(value);
    }
    return new Unreadable(value);
  }

  /** Whether it may hold data that a wipe was asked for: then nobody may get it. */
  public static boolean isDirty(PersistentVolume volume) {
    return switch (of(volume)) {
      case NotRequested() -> false;
      case Done(var generation) -> false;
      case Unused(var generation) -> false;
      case Requested(var generation) -> true;
      case Unreadable(var value) -> true;
    };
  }

  /**
   * Whether the data on a released volume has to be wiped under its present policy, and has not
   * been: then it may neither be used again nor go, whether the request was written already or not.
   */
  public static boolean isDue(PersistentVolume volume) {
    return volume.released()
        && volume.reclaimPolicy().equals("Delete")
        && method(volume) != WipeMethod.NONE
        && (volume.spec().local() != null || NodeProvisioner.isMadeByHand(volume))
        && !isForOthers(volume)
        && !isDoneForItsClaim(volume);
  }

  /** Whether another provisioner, and none of our nodes, deletes what is on such a volume. */
  static boolean isForOthers(PersistentVolume volume) {
    var provisioner = volume.provisionedBy();
    return !provisioner.isEmpty() && OWN_PROVISIONERS.stream().noneMatch(provisioner::startsWith);
  }

  /** Whether nothing is left of the data of the claim that the volume names. */
  static boolean isDoneForItsClaim(PersistentVolume volume) {
    var claim = volume.spec().claimRef();
    var state = of(volume);
    return (state instanceof Done || state instanceof Unused)
        && (claim == null || claim.uid().equals(volume.metadata().annotations().get(WIPE_CLAIM)));
  }

  /**
   * How the volume's data is to be destroyed: what its administrator wrote on it, else what its
   * class says.
   */
  static WipeMethod wanted(ClusterView view, PersistentVolume volume) {
    var own =
        WipeMethod.of(volume.metadata().annotations().getOrDefault(WipeMethod.ANNOTATION, ""));
    return own.or(
            () -> {
              var type = view.storageClass(volume.className());
              return type == null
                  ? Optional.empty()
                  : WipeMethod.of(type.view().parameters().getOrDefault(WipeMethod.PARAMETER, ""));
            })
        .orElse(WipeMethod.DEFAULT);
  }

  /** How the volume's data has to be destroyed, as the request says. */
  public static WipeMethod method(PersistentVolume volume) {
    return Optional.ofNullable(volume.metadata().annotations().get(WipeMethod.ANNOTATION))
        .flatMap(WipeMethod::of)
        .orElse(WipeMethod.DEFAULT);
  }

  /**
   * Whether this node has to wipe the volume now. Never one that is not released: an annotation
   * that somebody wrote by hand destroys nothing that a claim has.
   */
  public static boolean isRequestedOf(PersistentVolume volume, String nodeName) {
    return of(volume) instanceof Requested
        && volume.released()
        && volume.reclaimPolicy().equals("Delete")
        && method(volume) != WipeMethod.NONE
        && nodeName.equals(volume.metadata().annotations().get(WIPE_NODE));
  }

  /** Takes all that was said of a wipe from a volume. */
  static void forget(Edit edit) {
    edit.annotation(WIPE, null)
        .annotation(WIPE_PROGRESS, null)
        .annotation(WIPE_NODE, null)
        .annotation(WIPE_CLAIM, null);
  }

  /** The value of {@link #WIPE} that asks for a wipe. */
  public static String requested(long generation) {
    return REQUESTED + generation;
  }

  /** The value of {@link #WIPE} that says that it was done. */
  public static String done(long generation) {
    return DONE + generation;
  }

  /** The value of {@link #WIPE} that says that there was nothing to destroy. */
  public static String unused(long generation) {
    return UNUSED + generation;
  }

  private static long generation(String digits) {
    var generation = Long.parseLong(digits);
    if (generation <= 0) {
      throw new NumberFormatException("a generation is a revision, which starts at 1");
    }
    return generation;
  }
}
