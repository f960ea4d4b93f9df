package dev.berth.core.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What every object carries about itself. */
public record ObjectMeta(
    String name,
    String namespace,
    String uid,
    @Nullable Instant creationTimestamp,
    @Nullable Instant deletionTimestamp,
    @Nullable Long deletionGracePeriodSeconds,
    Map<String, String> labels,
    Map<String, String> annotations,
    List<String> finalizers,
    List<OwnerReference> ownerReferences) {

  /** An object that this one belongs to, in the same namespace or cluster-wide. */
  public record OwnerReference(
      String apiVersion,
      String kind,
      String name,
      String uid,
      boolean controller,
      boolean blockOwnerDeletion) {}

  public static final ObjectMeta NONE =
      new ObjectMeta("", "", "", null, null, null, Map.of(), Map.of(), List.of(), List.of());

  public ObjectMeta {
    name = Absent.text(name);
    namespace = Absent.text(namespace);
    uid = Absent.text(uid);
    labels = Absent.map(labels);
    annotations = Absent.map(annotations);
    finalizers = Absent.list(finalizers);
    ownerReferences = Absent.list(ownerReferences);
  }

  /** Whether somebody asked for the object's deletion. */
  public boolean deleting() {
    return deletionTimestamp != null;
  }

  /** {@code namespace/name}, or the name alone for an object of the whole cluster. */
  public String qualifiedName() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
