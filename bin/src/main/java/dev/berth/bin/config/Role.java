package dev.berth.bin.config;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a server does. */
public enum Role {
  /** Keeps the objects and serves them. */
  @JsonProperty("api")
  API,
  /** Binds claims to volumes and keeps everything else true that must be. */
  @JsonProperty("controllers")
  CONTROLLERS,
  /** Decides where pods run. */
  @JsonProperty("scheduler")
  SCHEDULER,
  /** Mounts volumes and runs pods on this host. */
  @JsonProperty("node")
  NODE;
}
