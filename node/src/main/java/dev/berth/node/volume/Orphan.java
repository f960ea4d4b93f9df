package dev.berth.node.volume;

import dev.berth.core.node.OrphanReport;

/**
 * Something that a node has put on its host, or keeps there, and that no object names any more.
 *
 * @param what its path
 */
record Orphan(Kind kind, String what) implements Comparable<Orphan> {

  /** What it is, and what a person does about it. */
  enum Kind {
    MOUNT("mount", "unmount it, once no process uses it (fuser -vm)"),
    LOOP_DEVICE("loopDevice", "detach it (losetup --detach), once no process uses it"),
    POD_DIRECTORY("podDirectory", "look what is in it, and remove it"),
    CONTROL_GROUP("controlGroup", "end the processes in it (cgroup.procs), and remove it (rmdir)"),
    IMAGE("image", "make a volume that names it, or remove the file");

    private final String word;
    private final String remedy;

    Kind(String word, String remedy) {
      this.word = word;
      this.remedy = remedy;
    }

    String word() {
      return word;
    }
  }

  /**
   * The same, for a person who asks.
   *
   * @param certain whether it was there before
   */
  OrphanReport report(boolean certain) {
    return new OrphanReport(what, kind.word, certain, kind.remedy);
  }

  String message() {
    return "%s (%s) belongs to no pod and no volume: %s".formatted(what, kind.word, kind.remedy);
  }

  @Override
  public int compareTo(Orphan other) {
    var order = kind.compareTo(other.kind);
    return order == 0 ? what.compareTo(other.what) : order;
  }
}
