package dev.berth.core.control;

import dev.berth.core.model.ApiObject;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.Transaction;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** How objects go: as a client's DELETE does it, and by giving up a finalizer. */
public final class Removal {
  private static final long DEFAULT_GRACE_SECONDS = 30;

  private Removal() {}

  /**
   * What asks for the deletion of the object: its removal, or the mark that it waits for its
   * finalizers or for its containers to stop; null when it is marked already.
   */
  public static Transaction.@Nullable Step request(Observed<?> object, Instant now) {
    var metadata = object.view().metadata();
    if (metadata.deleting()) {
      return null;
    }
    var grace = graceSeconds(object.view());
    if (grace == 0 && metadata.finalizers().isEmpty()) {
      return Edit.delete(object);
    }
    return mark(object, now, grace).toStep();
  }

  /**
   * As {@link #request}, but the object waits until what belongs to it has gone, too, by a
   * finalizer that {@code foreground} names.
   */
  public static Transaction.@Nullable Step requestAfterDependents(
      Observed<?> object, Instant now, String foreground) {
    if (object.view().metadata().deleting()) {
      return null;
    }
    var marked = mark(object, now, graceSeconds(object.view()));
    marked.array("metadata", "finalizers").add(foreground);
    return marked.touch().toStep();
  }

  /** Removes a pod without waiting for its containers, or marks it so while finalizers hold it. */
  public static Transaction.@Nullable Step force(Observed<Pod> pod, Instant now) {
    if (pod.view().metadata().finalizers().isEmpty()) {
      return Edit.delete(pod);
    }
    var grace = pod.view().metadata().deletionGracePeriodSeconds();
    return pod.view().metadata().deleting() && grace != null && grace == 0
        ? null
        : mark(pod, now, 0).toStep();
  }

  private static Edit mark(Observed<?> object, Instant now, long graceSeconds) {
    var at = now.plusSeconds(graceSeconds).truncatedTo(ChronoUnit.SECONDS);
    return Edit.of(object)
        .set(at.toString(), "metadata", "deletionTimestamp")
        .set(
            JsonNodeFactory.instance.numberNode(graceSeconds),
            "metadata",
            "deletionGracePeriodSeconds");
  }

  /** How long the containers of a pod on a node may take to stop; nothing else takes time. */
  private static long graceSeconds(ApiObject object) {
    if (!(object instanceof Pod pod) || pod.nodeName().isEmpty() || pod.finished()) {
      return 0;
    }
    var wanted = pod.spec().terminationGracePeriodSeconds();
    return wanted == null ? DEFAULT_GRACE_SECONDS : Math.max(0, wanted);
  }

  /**
   * Gives up a finalizer, and removes the object when that was the last thing that held it. The
   * object has the finalizer.
   */
  public static Transaction.Step giveUp(Observed<?> object, String finalizer) {
    var metadata = object.view().metadata();
    var grace = metadata.deletionGracePeriodSeconds();
    var lastOne = metadata.finalizers().size() == 1;
    if (metadata.deleting() && lastOne && (grace == null || grace == 0)) {
      return Edit.delete(object);
    }
    var edit = Edit.of(object);
    if (lastOne) {
      return edit.remove("metadata", "finalizers").toStep();
    }
    removeText(edit.array("metadata", "finalizers"), finalizer);
    return edit.touch().toStep();
  }

  private static void removeText(ArrayNode list, String text) {
    for (var i = list.size() - 1; i >= 0; i--) {
      if (list.get(i).asString("").equals(text)) {
        list.remove(i);
      }
    }
  }
}
