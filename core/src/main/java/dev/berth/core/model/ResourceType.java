package dev.berth.core.model;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A kind of object as the API names it.
 *
 * @param group empty for the core group
 * @param plural in paths: {@code persistentvolumeclaims}
 * @param namespaced whether its objects live in a namespace
 * @param subresources beside the object itself: {@code status}, {@code binding}, …
 * @param view the record that decodes it
 */
public record ResourceType(
    String group,
    String version,
    String kind,
    String plural,
    String singular,
    List<String> shortNames,
    boolean namespaced,
    Set<String> subresources,
    Class<? extends ApiObject> view) {

  /** The name in the store and in error messages: {@code storageclasses.storage.k8s.io}. */
  public String resource() {
    return group.isEmpty() ? plural : plural + "." + group;
  }

  /** {@code v1}, or {@code storage.k8s.io/v1}. */
  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  public boolean has(String subresource) {
    return subresources.contains(subresource);
  }

  /** By its name: what a record generates for all components is slow, the more at a start. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ResourceType type
        && plural.equals(type.plural)
        && group.equals(type.group)
        && version.equals(type.version);
  }

  @Override
  public int hashCode() {
    return 31 * plural.hashCode() + group.hashCode();
  }
}
