package dev.berth.core.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A heartbeat: its holder is alive as long as it renews. */
public record Lease(ObjectMeta metadata, Spec spec) implements ApiObject {

  public record Spec(
      @Nullable String holderIdentity,
      @Nullable Integer leaseDurationSeconds,
      @Nullable Instant acquireTime,
      @Nullable Instant renewTime,
      @Nullable Integer leaseTransitions) {}

  public Lease {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    spec = spec == null ? new Spec(null, null, null, null, null) : spec;
  }
}
