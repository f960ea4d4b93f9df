package dev.berth.core.model;

import org.jspecify.annotations.Nullable;

/** Names another object; empty strings where a part is not given. */
public record ObjectReference(
    String apiVersion,
    String kind,
    String namespace,
    String name,
    String uid,
    @Nullable String resourceVersion,
    @Nullable String fieldPath) {

  public ObjectReference {
    apiVersion = Absent.text(apiVersion);
    kind = Absent.text(kind);
    namespace = Absent.text(namespace);
    name = Absent.text(name);
    uid = Absent.text(uid);
  }
}
