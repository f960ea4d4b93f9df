package dev.berth.node.config;

import dev.berth.core.model.Quantity;
import java.util.Map;

/**
 * What pods may learn about the node that they are on.
 *
 * @param address the node's address, which is also its pods'
 * @param allocatable what a container without a limit may use at most, by resource
 */
public record Surroundings(String address, Map<String, Quantity> allocatable) {
  public Surroundings {
    allocatable = Map.copyOf(allocatable);
  }
}
