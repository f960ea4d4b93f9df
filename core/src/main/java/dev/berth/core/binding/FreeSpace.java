package dev.berth.core.binding;

import dev.berth.core.control.ClusterView;
import dev.berth.core.model.CsiStorageCapacity;
import dev.berth.core.model.Node;
import dev.berth.core.model.PersistentVolume;
import dev.berth.core.model.Quantity;
import dev.berth.core.model.StorageClass;
import dev.berth.core.provision.NodeProvisioner;
import java.util.List;

/**
 * What a node can still make of volumes of a class: what it reports ({@link CsiStorageCapacity}),
 * without what it has been asked for since. A node writes its report before it says that a volume
 * is made or removed, so that a volume on its way counts until then, and never too little.
 *
 * @param pool out of which the node makes them
 * @param bytes in all
 * @param largest of one volume
 */
public record FreeSpace(String pool, long bytes, long largest) {

  /** More than anybody asks for: of nodes that report nothing, which say so when they are asked. */
  private static final long UNKNOWN = Long.MAX_VALUE;

  /** Of a class that nodes make volumes of. */
  static FreeSpace of(ClusterView view, StorageClass type, Node node) {
    var pool = pool(type);
    var reports = view.capacities().of(type.metadata().name(), node);
    if (reports.isEmpty()) {
      return new FreeSpace(pool, UNKNOWN, UNKNOWN);
    }
    var free = Math.max(0, most(reports) - underWay(view, node, pool));
    return new FreeSpace(pool, free, Math.min(free, largest(reports)));
  }

  /** What classes of somebody else's program share is not known: each counts for itself. */
  private static String pool(StorageClass type) {
    return NodeProvisioner.of(type.provisioner()).isPresent()
        ? type.provisioner() + "/" + NodeProvisioner.pool(type.parameters())
        : "class/" + type.metadata().name();
  }

  private static long most(List<CsiStorageCapacity> reports) {
    return reports.stream()
        .map(report -> report.capacity() == null ? Quantity.ZERO : report.capacity())
        .mapToLong(Quantity::ceiling)
        .max()
        .orElse(0);
  }

  private static long largest(List<CsiStorageCapacity> reports) {
    return reports.stream()
        .mapToLong(
            report ->
                report.maximumVolumeSize() == null ? UNKNOWN : report.maximumVolumeSize().ceiling())
        .max()
        .orElse(UNKNOWN);
  }

  private static long underWay(ClusterView view, Node node, String pool) {
    var bytes = 0L;
    for (var name : view.volumes().underWayOn(node.metadata().name())) {
      var volume = view.volume(name);
      if (volume != null && pool(volume.view()).equals(pool)) {
        bytes += volume.view().storage().ceiling();
      }
    }
    return bytes;
  }

  private static String pool(PersistentVolume volume) {
    var source = volume.spec().csi();
    return source == null
        ? ""
        : source.driver() + "/" + NodeProvisioner.pool(source.volumeAttributes());
  }

  /** Whether it is known. */
  boolean isKnown() {
    return bytes != UNKNOWN;
  }

  /** Whether a volume of that size can be made. */
  boolean fits(long size) {
    return size <= largest;
  }

  /** What share of it so much takes, 0 to 1; 0 when it is not known. */
  double share(long size) {
    return !isKnown() || bytes == 0 ? 0 : Math.min(1, (double) size / bytes);
  }
}
