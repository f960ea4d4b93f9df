package dev.berth.node.plugin;

/**
 * Why a volume is not as it should be, written for the event that the user reads.
 *
 * @param message what was found, what was expected, and what to do
 */
public record Problem(Reason reason, String message) {

  /** The word by which events name a kind of problem. */
  public enum Reason {
    MOUNT("FailedMount"),
    /** The disk carries something else than the volume's own file system; also told of the PV. */
    MISMATCH("FailedMountOnFilesystemMismatch"),
    UNMOUNT("FailedUnmount"),
    WIPE("VolumeFailedDelete"),
    /** The storage of a volume could not be made. */
    PROVISION("ProvisioningFailed"),
    GROWTH("VolumeResizeFailed");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    public String text() {
      return text;
    }
  }

  public static Problem mount(String message) {
    return new Problem(Reason.MOUNT, message);
  }

  public static Problem mismatch(String message) {
    return new Problem(Reason.MISMATCH, message);
  }

  public static Problem unmount(String message) {
    return new Problem(Reason.UNMOUNT, message);
  }
}
