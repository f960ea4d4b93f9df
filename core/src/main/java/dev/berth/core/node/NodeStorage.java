package dev.berth.core.node;

import java.util.List;

/**
 * What a node sees on its host at one moment.
 *
 * @param disks its block devices, ordered by name
 * @param orphans what nobody owns
 */
public record NodeStorage(List<DiskReport> disks, List<OrphanReport> orphans) {
  public NodeStorage {
    disks = List.copyOf(disks);
    orphans = List.copyOf(orphans);
  }
}
