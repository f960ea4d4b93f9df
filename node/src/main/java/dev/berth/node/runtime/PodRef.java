package dev.berth.node.runtime;

/** The pod that a container belongs to. The uid identifies it, the rest is for people. */
public record PodRef(String uid, String namespace, String name) {

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
