package dev.berth.api.rest;

import dev.berth.api.http.Answer;
import dev.berth.api.http.Request;
import dev.berth.core.model.Json;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.registry.DeleteOptions;
import dev.berth.core.registry.Resources;
import tools.jackson.databind.node.ObjectNode;

/** Gives pods to nodes, and asks them to leave. */
final class PodPlacement {
  private final Resources resources;

  PodPlacement(Resources resources) {
    this.resources = resources;
  }

  /**
   * @param podOfPath empty when only the body names the pod
   */
  Answer bind(Request request, String namespace, String podOfPath) {
    var options = RequestOptions.write(request, "CreateOptions");
    var body = BodyChecks.object(request, "v1", "Binding", options);
    var pod = pod(body.object(), namespace, podOfPath);
    var written = resources.bind(namespace, pod, body.object(), options);
    return Warnings.with(created(), body.warnings(), written.warnings());
  }

  /** Deletes a pod as a drain of its node does; no budget of disruptions is kept. */
  Answer evict(Request request, String namespace, String podOfPath) {
    var options = RequestOptions.write(request, "CreateOptions");
    var body = BodyChecks.object(request, "policy/v1", "Eviction", options);
    var pod = pod(body.object(), namespace, podOfPath);
    var asked =
        body.object().get("deleteOptions") instanceof ObjectNode deleteOptions
            ? RequestOptions.delete(deleteOptions)
            : DeleteOptions.DEFAULT;
    var deletion =
        new DeleteOptions(
            asked.gracePeriodSeconds(),
            asked.uid(),
            asked.resourceVersion(),
            asked.propagation(),
            asked.dryRun() || options.dryRun());
    var written = resources.delete(ResourceTypes.POD, namespace, pod, deletion);
    return Warnings.with(created(), body.warnings(), written.warnings());
  }

  private static String pod(ObjectNode body, String namespace, String podOfPath) {
    BodyChecks.requireNamespace(body, namespace);
    var named = BodyChecks.metadata(body, "name");
    var pod = podOfPath.isEmpty() ? named : podOfPath;
    if (pod.isEmpty() || (!named.isEmpty() && !named.equals(pod))) {
      BodyChecks.requireName(body, namespace, pod);
    }
    return pod;
  }

  private static Answer.Whole created() {
    return Answer.json(201, Json.write(StatusBody.success(201, null)));
  }
}
