package dev.berth.core.lifecycle;

import dev.berth.core.control.ClusterView;
import dev.berth.core.control.Draft;
import dev.berth.core.control.Keys;
import dev.berth.core.control.Observed;
import dev.berth.core.control.Plan;
import dev.berth.core.control.Reconciler;
import dev.berth.core.control.Transition;
import dev.berth.core.model.Json;
import dev.berth.core.model.Pod;
import dev.berth.core.model.ResourceTypes;
import dev.berth.core.storage.Expectation;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.Transaction;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The claims of pods' ephemeral volumes: made from the pod's own template, called POD-VOLUME, and
 * owned by the pod, so that they go with it. A claim of that name that belongs to somebody else is
 * left alone, and the pod waits.
 */
public final class EphemeralClaims implements Reconciler {
  private static final int AT_ONCE = Transaction.MAX_WRITES - 2;

  @Override
  public void wakes(Transition transition, ClusterView view, Consumer<ObjectKey> wake) {
    if (transition.after() instanceof Pod pod && hasAny(pod)) {
      wake.accept(transition.key());
    } else if (Keys.is(transition.key(), ResourceTypes.CLAIM)) {
      view.pods().using(transition.key()).forEach(wake);
    }
  }

  private static boolean hasAny(Pod pod) {
    return pod.spec().volumes().stream().anyMatch(volume -> volume.ephemeral() != null);
  }

  @Override
  public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
    var pod = view.pod(key);
    if (pod == null || !hasAny(pod.view())) {
      return Plan.NOTHING;
    }
    if (view.isBusy(key)) {
      return Plan.waitFor(key);
    }
    var namespace = view.namespace(key.namespace());
    var ending = pod.view().metadata().deleting() || pod.view().finished();
    if (ending || (namespace != null && namespace.view().metadata().deleting())) {
      return Plan.NOTHING;
    }
    var draft = new Draft();
    for (var volume : pod.view().spec().volumes()) {
      if (volume.ephemeral() == null) {
        continue;
      }
      var claimKey = Keys.claim(key.namespace(), pod.view().claimName(volume));
      if (view.isBusy(claimKey)) {
        return Plan.waitFor(claimKey);
      }
      var claim = view.claim(claimKey);
      if (claim == null && draft.writeCount() < AT_ONCE) {
        var document = claim(view, pod, volume, claimKey, now);
        draft.step(new Transaction.Put(claimKey, Expectation.absent(), Json.write(document)));
      } else if (claim != null && !pod.view().owns(claim.view())) {
        draft.warning(
            pod,
            "FailedBinding",
            "ephemeral volume %s: the claim %s was not made for this pod; delete it, or call the pod"
                    .formatted(volume.name(), claimKey.name())
                + " something else");
      }
    }
    return draft.relyOn(pod).whenever();
  }

  private static ObjectNode claim(
      ClusterView view, Observed<Pod> pod, Pod.Volume volume, ObjectKey key, Instant now) {
    var template = template(pod, volume.name());
    var claim = Json.object();
    claim.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
    var metadata = claim.putObject("metadata");
    metadata.put("name", key.name()).put("namespace", key.namespace());
    for (var member : new String[] {"labels", "annotations"}) {
      if (Json.at(template, "metadata", member) instanceof ObjectNode given) {
        metadata.set(member, given.deepCopy());
      }
    }
    // A claim that was deleted and is made again is another one: it must not get its data.
    var life = pod.view().metadata().uid() + "/" + volume.name() + "/" + view.revision();
    metadata.put("uid", UUID.nameUUIDFromBytes(life.getBytes(StandardCharsets.UTF_8)).toString());
    metadata.put("creationTimestamp", now.truncatedTo(ChronoUnit.SECONDS).toString());
    metadata.putArray("finalizers").add(Finalizers.CLAIM_PROTECTION);
    metadata
        .putArray("ownerReferences")
        .addObject()
        .put("apiVersion", "v1")
        .put("kind", "Pod")
        .put("name", pod.key().name())
        .put("uid", pod.view().metadata().uid())
        .put("controller", true)
        .put("blockOwnerDeletion", true);
    var spec = claim.putObject("spec");
    if (template.path("spec") instanceof ObjectNode given) {
      spec.setAll(given.deepCopy());
    }
    var usual = view.classes().ofClaimsWithout();
    if (!spec.has("storageClassName") && usual != null) {
      spec.put("storageClassName", usual.key().name());
    }
    claim.putObject("status").put("phase", "Pending");
    return claim;
  }

  private static JsonNode template(Observed<Pod> pod, String volumeName) {
    for (var volume : Json.at(Json.parse(pod.document()), "spec", "volumes")) {
      if (Json.text(volume, "name").equals(volumeName)) {
        return Json.at(volume, "ephemeral", "volumeClaimTemplate");
      }
    }
    throw new IllegalStateException(pod.key() + " has no volume " + volumeName);
  }
}
