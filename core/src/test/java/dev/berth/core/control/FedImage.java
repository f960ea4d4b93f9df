package dev.berth.core.control;

import dev.berth.core.binding.OpenClaim;
import dev.berth.core.model.Json;
import dev.berth.core.model.Pod;
import dev.berth.core.storage.Change;
import dev.berth.core.storage.ObjectKey;
import dev.berth.core.storage.StoredObject;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An image of the cluster that a test feeds change by change, without anybody who decides. */
public final class FedImage {
  public static final Instant NOW = Instant.parse("2026-01-03T00:00:00Z");

  public final ClusterImage image = new ClusterImage();
  private final Map<ObjectKey, StoredObject> stored = new HashMap<>();
  private long revision;

  public FedImage(Manifest... manifests) {
    for (var manifest : manifests) {
      put(manifest);
    }
  }

  /** Creates or replaces the object. */
  public Transition put(Manifest manifest) {
    return feed(manifest.key(), manifest.document());
  }

  public Transition remove(ObjectKey key) {
    return feed(key, null);
  }

  private Transition feed(ObjectKey key, byte @Nullable [] document) {
    revision++;
    var before = stored.remove(key);
    var after = document == null ? null : new StoredObject(key, revision, document);
    if (after != null) {
      stored.put(key, after);
    }
    return Objects.requireNonNull(image.feed(new Change(key, revision, before, after), NOW));
  }

  public NodeState node(String name) {
    return Objects.requireNonNull(image.nodes().get(name));
  }

  /** The claims of the namespace default, as the scheduler takes them. */
  public List<OpenClaim> open(String... claims) {
    return Arrays.stream(claims)
        .map(name -> Objects.requireNonNull(image.claim(Keys.claim("default", name))))
        .map(claim -> OpenClaim.of(image, claim))
        .toList();
  }

  /** A pod that is only asked about. */
  public static Observed<Pod> observed(Manifest pod) {
    var document = pod.document();
    return new Observed<>(pod.key(), 1, document, Json.view(document, Pod.class));
  }
}
