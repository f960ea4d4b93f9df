package dev.berth.bin.config;

/** What a server does. */
public enum Role {
  /** Keeps the objects and serves them. */
  API,
  /** Binds claims to volumes and keeps everything else true that must be. */
  CONTROLLERS,
  /** Decides where pods run. */
  SCHEDULER,
  /** Mounts volumes and runs pods on this host. */
  NODE;
}
