package dev.berth.node.disk;

import dev.berth.node.disk.DiskPreparation.Prepared;
import dev.berth.node.disk.DiskPreparation.Reason;
import dev.berth.node.disk.DiskPreparation.Request;
import org.jspecify.annotations.Nullable;

/** Why a disk is not prepared, in the words of its volume's events. */
final class Refusals {

  private Refusals() {}

  static Prepared refused(Reason reason, String message, boolean passing) {
    return new Prepared.Refused(reason, message, passing);
  }

  /** What the proof of blankness found; null for what a probe tells more exactly. */
  static @Nullable Reason reasonOf(BlankVerdict.Reason reason) {
    return switch (reason) {
      case TOO_SMALL -> Reason.TOO_SMALL;
      case READ_ONLY -> Reason.READ_ONLY;
      case HELD, SWAP, OPENED -> Reason.IN_USE;
      case UNREADABLE, SHORT_READ, NO_ANSWER, TOOL_MISSING, CHANGED -> Reason.UNREADABLE;
      case PARTITIONED, NOT_ZERO -> Reason.NOT_BLANK;
      case MOUNTED, SIGNATURE -> null;
    };
  }

  static String unexpected(Request request, BlockDevice device, String found) {
    return ("%s carries %s; expected %s or a blank disk. It is not touched: correct the volume's path"
            + " or fsType, or erase the disk if nothing on it is needed")
        .formatted(device, found, request.kind().typeName());
  }

  static String tooSmall(Request request, BlockDevice device) {
    return "%s has %d bytes; expected at least %d, the volume's capacity"
        .formatted(device, device.sizeBytes(), request.minimumBytes());
  }
}
