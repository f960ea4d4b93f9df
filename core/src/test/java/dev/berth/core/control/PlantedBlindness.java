package dev.berth.core.control;

import dev.berth.core.model.ApiObject;
import dev.berth.core.model.Json;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.PersistentVolumeClaim;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.ObjectKey;
import java.time.Instant;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import tools.jackson.databind.node.ObjectNode;

/** Mistakes of deciders that do not see the cluster as it is. */
final class PlantedBlindness {
  private PlantedBlindness() {}

  static Reconciler blind(Reconciler reconciler, Consumer<ObjectNode> change) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        return super.reconcile(altered(view, change), key, now);
      }
    };
  }

  /** Whoever binds sees claims without the annotation. */
  static void misread(List<Controller> controllers, String annotation) {
    show(
        controllers,
        (view, object) -> {
          if (!(object.view() instanceof PersistentVolumeClaim)) {
            return object;
          }
          var tree = Json.parseObject(object.document());
          tree.withObject("metadata").withObject("annotations").remove(annotation);
          return seen(object, Json.view(tree, PersistentVolumeClaim.class));
        });
  }

  /** Whoever binds sees claims and volumes with a write in flight as if they were apart yet. */
  static void overlook(List<Controller> controllers) {
    show(
        controllers,
        (view, object) -> {
          if (!view.isBusy(object.key())) {
            return object;
          }
          var tree = Json.parseObject(object.document());
          return switch (object.view()) {
            case PersistentVolumeClaim _ -> {
              tree.withObject("spec").remove("volumeName");
              tree.withObject("metadata")
                  .withObject("annotations")
                  .remove(PersistentVolumeClaim.SELECTED_NODE);
              yield seen(object, Json.view(tree, PersistentVolumeClaim.class));
            }
            case PersistentVolume _ -> {
              tree.withObject("spec").remove("claimRef");
              yield seen(object, Json.view(tree, PersistentVolume.class));
            }
            default -> object;
          };
        });
  }

  private static <T extends ApiObject> Observed<T> seen(Observed<?> object, T view) {
    return new Observed<>(object.key(), object.revision(), object.document(), view);
  }

  private static void show(
      List<Controller> controllers, BiFunction<ClusterView, Observed<?>, Observed<?>> change) {
    controllers.replaceAll(
        each ->
            List.of("claims", "volumes", "scheduler").contains(each.name())
                ? new Controller(each.name(), shown(each.reconciler(), change), each.queue())
                : each);
  }

  private static Reconciler shown(
      Reconciler reconciler, BiFunction<ClusterView, Observed<?>, Observed<?>> change) {
    return new WrappedReconciler(reconciler) {
      @Override
      public Plan reconcile(ClusterView view, ObjectKey key, Instant now) {
        var other =
            AlteredView.of(
                view,
                (asked, answer) ->
                    answer instanceof Observed<?> object ? change.apply(view, object) : answer);
        return super.reconcile(other, key, now);
      }
    };
  }

  private static ClusterView altered(ClusterView view, Consumer<ObjectNode> change) {
    return AlteredView.of(
        view,
        (asked, answer) -> {
          if (!asked.equals("pod") || !(answer instanceof Observed<?> pod)) {
            return answer;
          }
          var tree = Json.parseObject(pod.document());
          change.accept(tree);
          return seen(pod, Json.view(tree, Pod.class));
        });
  }
}
