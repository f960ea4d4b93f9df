package dev.berth.core.node;

/**
 * Names one container of one pod. Whoever asks has read the pod and fills everything in, the
 * default container's name too; nothing is guessed on the way.
 *
 * @param node the node that the pod is assigned to ({@code spec.nodeName})
 * @param podUid so that a pod that was deleted and made again under the same name is not confused
 */
public record ContainerTarget(
    String node, String namespace, String pod, String podUid, String container) {

  @Override
  public String toString() {
    return "container \"" + container + "\" of pod " + namespace + "/" + pod;
  }
}
