package dev.berth.node.plugin;

import dev.berth.core.binding.WipeProtocol;
import dev.berth.core.model.PersistentVolume;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The PersistentVolumes, as far as a plugin has to read or write them itself. The calls wait for
 * the API.
 */
public interface VolumeObjects {

  /**
   * Annotation on a PersistentVolume: the UUID of its file system, committed before a pod first
   * sees the volume and compared before every later mount. Removed by a wipe; an administrator
   * removes it to say that whatever is on the disk now is the volume's.
   */
  String FS_UUID = PersistentVolume.FS_UUID;

  /** A volume as it was read. */
  record Seen(PersistentVolume volume, String resourceVersion) {
    public Optional<String> fsUuid() {
      return Optional.ofNullable(volume.metadata().annotations().get(FS_UUID));
    }
  }

  /** The newest version of a volume. */
  Optional<Seen> find(String name);

  /**
   * The newest version of a volume that is about to be given its disk or directory.
   *
   * @param uid of the volume that the pod was resolved to
   * @throws NotForUse when there is no such volume any more, or its data is to be wiped: what it
   *     took now would be wiped with it, whosever it was
   */
  default Seen findForUse(String name, String uid) throws NotForUse {
    var seen = find(name).filter(found -> found.volume().metadata().uid().equals(uid));
    if (seen.isEmpty()) {
      throw new NotForUse(
          "the PersistentVolume %s (uid %s) does not exist any more".formatted(name, uid));
    }
    if (WipeProtocol.isDirty(seen.get().volume())) {
      throw new NotForUse(
          "volume %s was released, and its data is to be wiped first: no pod gets it until then"
              .formatted(name));
    }
    return seen.get();
  }

  /** A volume that no pod gets now; the message says why. */
  final class NotForUse extends Exception {
    private static final long serialVersionUID = 1;

    private final transient Problem problem;

    private NotForUse(String message) {
      super(message);
      problem = Problem.mount(message);
    }

    Problem problem() {
      return problem;
    }
  }

  /**
   * Commits the UUID of the volume's file system. In the same write the administrator's word for a
   * format ({@link dev.berth.node.disk.FormatAnyway}) is taken away.
   *
   * @return false when the volume has changed since it was seen: look again
   */
  boolean recordFsUuid(Seen seen, String fsUuid);

  /** The parameters of a StorageClass; none of one that does not exist. */
  Map<String, String> classParameters(String className);

  /** Whether the volume's claim waits for its file system to grow. */
  boolean growthPending(Seen seen);

  /** The uids of all volumes that there are. */
  Set<String> uids();

  /** All volumes, as they are now. */
  List<PersistentVolume> all();

  /** The names of the volumes that own the file system with this UUID. */
  List<String> ownersOf(String fsUuid);

  /**
   * Says that nothing of the volume's data of this generation is left; its file system is
   * forgotten.
   *
   * @param used whether there was any, which is destroyed now; false when the volume never had a
   *     disk, so that nothing was touched
   * @return false when the volume has changed since it was seen: look again
   */
  boolean reportWiped(Seen seen, long generation, boolean used);

  /**
   * Tells how far a wipe has come, or why it does not begin, in the volume's status.
   *
   * @param message empty to take an earlier one away
   */
  void reportWipeState(Seen seen, String message);

  /** Tells how far a wipe has come, in an annotation that goes with the end of the wipe. */
  void reportWipeProgress(Seen seen, String progress);

  /**
   * Answers what was asked of this node about the storage of a volume ({@link
   * dev.berth.core.provision.ProvisionProtocol}).
   *
   * @return false when the volume has changed since it was seen: look again
   */
  boolean reportProvision(Seen seen, String answer);

  /**
   * Tells people what became of a volume: an event.
   *
   * @param reason one word, for programs
   */
  void tell(Seen seen, String reason, String message);
}
