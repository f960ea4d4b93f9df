package dev.berth.core.provision;

import dev.berth.core.control.Edit;
import dev.berth.core.model.PersistentVolume;

/**
 * How a node makes, and later removes, the storage of a volume of one of our own provisioners
 * ({@link NodeProvisioner}). The binder decides, the node does the work, and the volume object
 * carries the conversation in two annotations. It is written before anything is made, so that it is
 * the intent too: storage that no volume object tells of does not come to be.
 *
 * <pre>
 *  binder, or scheduler                volume object                          node
 *  --------------------                -------------                          ----
 *  a claim needs a volume, its
 *  node is chosen: one transaction     phase Pending, claimRef with uid,
 *  (for a delayed claim also its       source, node affinity, finalizer
 *  selected-node)                 -->  berth.dev/provision: requested/G
 *                                      berth.dev/provision-node: NODE  -->    isRequestedOf(volume, NODE):
 *                                                                             makes the storage, syncs it
 *                                      berth.dev/provision: made/G     &lt;--    patch with resourceVersion; may
 *  binds claim and volume                                                     set a larger capacity too
 *
 *  ... or it could not:                berth.dev/provision: failed/G   &lt;--    nothing is left of it;
 *                                                                             status.message: why
 *  event for the claim, the volume
 *  object removed, another node
 *
 *  ... or the claim has gone, and
 *  the policy is Delete        -->     phase Released
 *                                      berth.dev/provision: removal/G  -->    isRemovalRequestedOf(volume, NODE):
 *                                                                             nothing has it mounted or open
 *                                      berth.dev/provision: removing/G &lt;--    patch with resourceVersion; then
 *                                                                             removes the storage, syncs that
 *                                      berth.dev/provision: removed/G  &lt;--    patch with resourceVersion
 *
 *  ... or the claim has gone
 *  before it was made          -->     phase Released
 *                                      berth.dev/provision: cancel/G   -->    isRemovalRequestedOf(volume, NODE):
 *                                                                             removes what it has begun
 *                                      berth.dev/provision: removed/G  &lt;--    patch with resourceVersion
 *  the volume object goes
 * </pre>
 *
 * <p><b>A volume that was made by hand</b> comes in only where its policy Delete asks for its
 * removal, with the generation and the node of that request; until then it has neither annotation.
 * When its node has said {@code removed}, it is free again, without them: its storage is made anew
 * when a pod uses it.
 *
 * <p><b>The node</b> does what its newest read of the volume says, and answers in a patch of that
 * version; each step may be done twice. What it makes bears the volume's name (and the handle of
 * its source), so that it finds again what it began before it died. Whatever it finds half made it
 * makes whole, or removes when {@code cancel} stands there by then, or when it says {@code failed}.
 * A removal of what was never made is done at once. When a removal fails, the node says why in
 * {@code status.message} and a Warning event {@code VolumeFailedDelete}, and tries again with
 * backoff. What lies in its pool and belongs to no volume object is not touched, only told of.
 *
 * <p><b>Until {@code made} stands there</b> the volume can be bound to nobody, not even to the
 * claim that it names. <b>Until {@code removed} stands there</b> the finalizer {@link #FINALIZER}
 * keeps the object, whichever of claim and volume was deleted first; only a volume whose policy is
 * Retain gives it up with its storage still there, because its administrator wants that.
 *
 * <p><b>An administrator who sets the policy to Retain</b> keeps the storage as long as its node
 * has not begun to destroy it: the binder turns {@code removal} into {@code made} again, and of the
 * two patches of one version only one is written. From {@code removing} on it is too late. A node
 * that finds that it cannot begin after all says {@code removal} again. What was never made is kept
 * for nobody.
 *
 * <p><b>What is left in the pool</b> the node writes into its reports of free capacity before it
 * says {@code made} or {@code removed}: until then the binder counts the volume as taken.
 *
 * <p><b>Crash points</b>, each repaired by whoever starts next from what it reads:
 *
 * <ol>
 *   <li>Requested, the node has not seen it: the node lists the volumes when it starts.
 *   <li>The node died while making: the request still stands, and is carried out again.
 *   <li>Made, but not yet said: the storage is found complete, and it is said.
 *   <li>Said, and the binder died: it finds {@code made/G} when it starts, and binds.
 *   <li>The claim is deleted meanwhile: the volume names a claim that is not there, removal is
 *       asked for, whatever the node has made by then.
 *   <li>The node died while removing: as while making.
 * </ol>
 */
public final class ProvisionProtocol {

  /** Annotation of a volume: what its node has to do or has done, and the generation of that. */
  public static final String PROVISION = PersistentVolume.PROVISION;

  /** Annotation of a volume: the node that makes and removes it. */
  public static final String NODE = PersistentVolume.PROVISION_NODE;

  /** Keeps the object of a volume that its node has to remove before. */
  public static final String FINALIZER = "kubernetes.io/pv-controller";

  /** What the annotation of a volume says. */
  public sealed interface State {}

  /** It was made by hand, was found, or another provisioner made it. */
  public record NotOurs() implements State {}

  /** It has to be made. */
  public record Requested(long generation) implements State {}

  /** Its storage is there. */
  public record Made(long generation) implements State {}

  /** It could not be made, and nothing is left of it. */
  public record Failed(long generation) implements State {}

  /** Nobody wants it any more, and no claim has had it: what was begun or made is removed. */
  public record Cancelled(long generation) implements State {}

  /** Its storage has to be removed. */
  public record RemovalRequested(long generation) implements State {}

  /** Its node destroys it, and perhaps has. */
  public record Removing(long generation) implements State {}

  /** Its storage is not there any more. */
  public record Removed(long generation) implements State {}

  /**
   * Somebody wrote something else there: nobody gets it, and nothing is done, until it is right.
   */
  public record Unreadable(String value) implements State {}

  private ProvisionProtocol() {}

  public static State of(PersistentVolume volume) {
    var value = volume.metadata().annotations().get(PROVISION);
    if (value == null) {
      return new NotOurs();
    }
    var slash = value.indexOf('/');
    try {
      var generation = slash < 0 ? 0 : Long.parseLong(value.substring(slash + 1));
      if (generation <= 0) {
        return new Unreadable(value);
      }
      return switch (value.substring(0, slash)) {
        case "requested" -> new Requested(generation);
        case "made" -> new Made(generation);
        case "failed" -> new Failed(generation);
        case "cancel" -> new Cancelled(generation);
        case "removal" -> new RemovalRequested(generation);
        case "removing" -> new Removing(generation);
        case "removed" -> new Removed(generation);
        default -> new Unreadable(value);
      };
    } catch (NumberFormatException e) {
      return new Unreadable(value);
    }
  }

  /** Whether its storage is there, as far as anybody knows: else nobody may get it. */
  public static boolean isThere(PersistentVolume volume) {
    return switch (of(volume)) {
      case NotOurs() -> true;
      case Made(var generation) -> true;
      case Requested(var generation) -> false;
      case Failed(var generation) -> false;
      case Cancelled(var generation) -> false;
      case RemovalRequested(var generation) -> false;
      case Removing(var generation) -> false;
      case Removed(var generation) -> false;
      case Unreadable(var value) -> false;
    };
  }

  /** Whether this node has to make the volume now. */
  public static boolean isRequestedOf(PersistentVolume volume, String nodeName) {
    return of(volume) instanceof Requested && nodeName.equals(node(volume));
  }

  /**
   * Whether this node has to remove the storage of the volume now. Never that of one that is not
   * released: an annotation that somebody wrote by hand destroys nothing that a claim has; nor one
   * whose administrator keeps it, unless that is begun.
   */
  public static boolean isRemovalRequestedOf(PersistentVolume volume, String nodeName) {
    var wanted =
        switch (of(volume)) {
          case RemovalRequested _ -> volume.reclaimPolicy().equals("Delete");
          case Cancelled _, Removing _ -> true;
          case NotOurs _, Requested _, Made _, Failed _, Removed _, Unreadable _ -> false;
        };
    return wanted && volume.released() && nodeName.equals(node(volume));
  }

  /** The node that makes and removes the volume; empty for none. */
  public static String node(PersistentVolume volume) {
    return volume.metadata().annotations().getOrDefault(NODE, "");
  }

  /** The value of {@link #PROVISION} that asks for the volume. */
  public static String requested(long generation) {
    return "requested/" + generation;
  }

  /** The value of {@link #PROVISION} that says that it was made. */
  public static String made(long generation) {
    return "made/" + generation;
  }

  /** The value of {@link #PROVISION} that says that it could not be made. */
  public static String failed(long generation) {
    return "failed/" + generation;
  }

  /** The value of {@link #PROVISION} that asks for its removal. */
  public static String removal(long generation) {
    return "removal/" + generation;
  }

  /** The value of {@link #PROVISION} that says that its removal begins. */
  public static String removing(long generation) {
    return "removing/" + generation;
  }

  /** The value of {@link #PROVISION} that says that it was removed. */
  public static String removed(long generation) {
    return "removed/" + generation;
  }

  /** Asks for the removal of the storage. */
  public static void requestRemoval(Edit edit, long generation) {
    edit.annotation(PROVISION, removal(generation)).remove("status", "message");
  }

  /** Asks for the removal of what its node has begun to make, or made for a claim without it. */
  public static void cancel(Edit edit, long generation) {
    edit.annotation(PROVISION, "cancel/" + generation).remove("status", "message");
  }

  /** Asks the node for the removal of the storage of a volume that was made by hand. */
  public static void requestRemoval(Edit edit, long generation, String node) {
    requestRemoval(edit, generation);
    edit.annotation(NODE, node);
  }

  /** Takes the request for the removal back. */
  public static void keep(Edit edit, PersistentVolume volume, long generation) {
    if (NodeProvisioner.isMadeByHand(volume)) {
      forget(edit);
    } else {
      edit.annotation(PROVISION, made(generation));
    }
    edit.remove("status", "message");
  }

  /** Nothing of a volume that was made by hand is asked for any more. */
  public static void forget(Edit edit) {
    edit.annotation(PROVISION, null).annotation(NODE, null);
  }
}
