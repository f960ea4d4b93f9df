package dev.berth.node.sync;

import dev.berth.core.model.Json;
import dev.berth.core.model.ObjectReference;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.StoredObject;
import dev.berth.node.runtime.PodRef;
import tools.jackson.databind.node.ObjectNode;

/**
 * A pod as it was read.
 *
 * @param pod the view
 * @param document everything that the client sent
 */
public record PodObject(Pod pod, ObjectNode document, long revision) {

  static PodObject of(StoredObject stored) {
    var document = Json.parseObject(stored.document());
    return new PodObject(Json.view(document, Pod.class), document, stored.revision());
  }

  PodRef ref() {
    var metadata = pod.metadata();
    return new PodRef(metadata.uid(), metadata.namespace(), metadata.name());
  }

  static ObjectReference reference(PodRef pod) {
    return new ObjectReference("v1", "Pod", pod.namespace(), pod.name(), pod.uid(), null, null);
  }

  /** How long its containers may take to stop when nobody says otherwise. */
  long graceSeconds() {
    var seconds = pod.spec().terminationGracePeriodSeconds();
    return seconds == null ? 30 : seconds;
  }

  /** Always, OnFailure or Never. */
  String restartPolicy() {
    var policy = pod.spec().restartPolicy();
    return policy == null || policy.isEmpty() ? "Always" : policy;
  }
}
