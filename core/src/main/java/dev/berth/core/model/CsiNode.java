package dev.berth.core.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which drivers of volumes a node has; it is called as its node is. */
public record CsiNode(ObjectMeta metadata, Spec spec) implements ApiObject {

  public record Spec(List<Driver> drivers) {
    public Spec {
      drivers = Absent.list(drivers);
    }
  }

  /**
   * A driver on the node.
   *
   * @param nodeID what the driver calls the node
   * @param topologyKeys labels of the node that tell from where a volume can be reached
   * @param allocatable null when nothing limits it
   */
  public record Driver(
      String name, String nodeID, List<String> topologyKeys, @Nullable Allocatable allocatable) {
    public Driver {
      name = Absent.text(name);
      nodeID = Absent.text(nodeID);
      topologyKeys = Absent.list(topologyKeys);
    }
  }

  /**
   * @param count most volumes of the driver that the node can use at once; null for no limit
   */
  public record Allocatable(@Nullable Integer count) {}

  public CsiNode {
    metadata = metadata == null ? ObjectMeta.NONE : metadata;
    spec = spec == null ? new Spec(List.of()) : spec;
  }
}
