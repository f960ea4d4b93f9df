package dev.berth.node.volume;

import dev.berth.node.linux.DeviceNumber;

/** A disk of the simulated host, and everything that ever happened to it. */
final class SimulatedDisk {
  /** What is on it. */
  enum Content {
    BLANK,
    /** A format that was cut short. */
    DEBRIS,
    FILE_SYSTEM,
    /** Somebody else's: never to be touched. */
    FOREIGN
  }

  final String serial;
  final DeviceNumber number;
  Content content;
  String fsUuid = "";

  /** The uid of the volume whose pods wrote to it; empty when nobody did. */
  String dataOf = "";

  /** The uid of the volume for which its file system was committed. */
  String recordedFor = "";

  boolean missing;
  boolean unreadable;

  SimulatedDisk(int index, boolean foreign) {
    serial = "serial-" + index;
    number = new DeviceNumber(240, index);
    content = foreign ? Content.FOREIGN : Content.BLANK;
  }

  boolean healthy() {
    return !missing && !unreadable;
  }
}
