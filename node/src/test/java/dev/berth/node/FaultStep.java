package dev.berth.node;

import java.util.Set;

/**
 * One call that a node makes at a seam while it does something to a volume.
 *
 * @param phase of the scene in which it is made
 * @param operation what the node does: the kind of an operation on a volume, or of an action of a
 *     pod
 * @param call the seam and what is called there
 * @param occurrence how many such calls the operation has made before, in this phase
 */
record FaultStep(String phase, String operation, String call, int occurrence) {

  /** Calls that look and do nothing. Whatever is not named here counts as one that acts. */
  private static final Set<String> LOOKS =
      Set.of(
          "syscall open",
          "syscall openBeneath",
          "syscall status",
          "syscall statusAt",
          "syscall entries",
          "syscall xattr",
          "syscall freeLoop",
          "syscall loopStatus",
          "syscall deviceSizeBytes",
          "syscall deviceReadOnly",
          "journal of",
          "journal unfinishedOn",
          "journal volumes",
          "journal wipeOf",
          "journal wipedAndUnused",
          "program blkid",
          "program stat",
          "program dd",
          "program od",
          "program perl");

  boolean changes() {
    return !LOOKS.contains(call) && !call.startsWith("api get ") && !call.startsWith("api list ");
  }

  @Override
  public String toString() {
    return phase + ", " + operation + ": " + call + (occurrence == 0 ? "" : " #" + occurrence);
  }
}
