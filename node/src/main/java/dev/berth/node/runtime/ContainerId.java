package dev.berth.node.runtime;

/**
 * One run of one container of a pod.
 *
 * @param attempt 0 for the first run, one more for each restart; the same attempt never runs twice
 */
public record ContainerId(String podUid, String container, int attempt) {

  public ContainerId {
    if (!podUid.matches("[A-Za-z0-9][A-Za-z0-9.-]{0,127}")) {
      throw new IllegalArgumentException("not usable as a pod uid: \"" + podUid + "\"");
    }
    if (!container.matches("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")) {
      throw new IllegalArgumentException("not usable as a container name: \"" + container + "\"");
    }
    if (attempt < 0) {
      throw new IllegalArgumentException("the attempt must not be negative: " + attempt);
    }
  }

  @Override
  public String toString() {
    return podUid + "/" + container + "#" + attempt;
  }
}
