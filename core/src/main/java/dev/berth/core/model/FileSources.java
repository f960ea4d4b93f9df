package dev.berth.core.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Volumes of a pod whose files are told by objects of the API, or by the pod itself. */
public final class FileSources {

  private FileSources() {}

  /** A value of an object as a file; without a mode it has the volume's. */
  public record KeyToPath(String key, String path, @Nullable Integer mode) {}

  /**
   * @param items the values that become files, all when there are none
   * @param optional whether the object, and each of the values, may be missing
   */
  public record OfConfigMap(
      String name, List<KeyToPath> items, @Nullable Integer defaultMode, boolean optional) {
    public OfConfigMap {
      name = Absent.text(name);
      items = Absent.list(items);
    }
  }

  /** See {@link OfConfigMap}. */
  public record OfSecret(
      String secretName, List<KeyToPath> items, @Nullable Integer defaultMode, boolean optional) {
    public OfSecret {
      secretName = Absent.text(secretName);
      items = Absent.list(items);
    }
  }

  public record OfDownwardApi(List<DownwardFile> items, @Nullable Integer defaultMode) {
    public OfDownwardApi {
      items = Absent.list(items);
    }
  }

  /** A fact about the pod as a file; exactly one of the two references is set. */
  public record DownwardFile(
      String path,
      @Nullable FieldRef fieldRef,
      @Nullable ResourceFieldRef resourceFieldRef,
      @Nullable Integer mode) {}

  public record FieldRef(String fieldPath) {
    public FieldRef {
      fieldPath = Absent.text(fieldPath);
    }
  }

  /**
   * @param containerName whose amount, empty for the container that asks
   * @param resource for example {@code limits.memory}
   * @param divisor of which unit the amount is told, one when absent
   */
  public record ResourceFieldRef(
      String containerName, String resource, @Nullable Quantity divisor) {
    public ResourceFieldRef {
      containerName = Absent.text(containerName);
      resource = Absent.text(resource);
    }
  }

  public record OfProjection(List<Projection> sources, @Nullable Integer defaultMode) {
    public OfProjection {
      sources = Absent.list(sources);
    }
  }

  /** Exactly one is set. */
  public record Projection(
      @Nullable ProjectedObject configMap,
      @Nullable ProjectedObject secret,
      @Nullable ProjectedFields downwardAPI) {}

  public record ProjectedObject(String name, List<KeyToPath> items, boolean optional) {
    public ProjectedObject {
      name = Absent.text(name);
      items = Absent.list(items);
    }
  }

  public record ProjectedFields(List<DownwardFile> items) {
    public ProjectedFields {
      items = Absent.list(items);
    }
  }
}
