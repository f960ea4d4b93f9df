package dev.berth.node.disk;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Which parts of a device are read to believe that it is blank: its beginning and its end, where
 * nearly every format keeps its headers and their copies; the places of the copies that lie
 * elsewhere; and random places in equal strips, so that data without any known format is met too.
 */
final class SampleRegions {
  /** A part of a device, both numbers multiples of 512. */
  record Region(long offset, long length) {
    long end() {
      return offset + length;
    }
  }

  private static final long MIB = 1L << 20;
  private static final long EDGE = 2 * MIB;
  private static final long SAMPLE = 16 * 1024;
  private static final long ALIGNMENT = 4096;
  private static final int STRIPS = 32;

  /** Up to this size a device is read whole. */
  private static final long WHOLE = 32 * MIB;

  /**
   * bcachefs, VMFS and the last of LUKS2's second headers; backup superblocks of ext with 1, 2 and
   * 4 KiB blocks; the second zone of a zoned disk, where btrfs has its superblock in turns with the
   * first; and the mirrors of btrfs.
   */
  private static final long[] COPIES = {
    2 * MIB,
    4 * MIB,
    8 * MIB,
    24 * MIB,
    32 * MIB,
    64 * MIB,
    128 * MIB,
    256 * MIB,
    384 * MIB,
    640 * MIB,
    896 * MIB,
    256L << 30
  };

  private SampleRegions() {}

  /** The regions in ascending order, none overlapping. */
  static List<Region> of(long sizeBytes, RandomGenerator random) {
    if (sizeBytes <= WHOLE) {
      return List.of(new Region(0, sizeBytes));
    }
    var regions = new ArrayList<Region>();
    regions.add(new Region(0, EDGE));
    var tail = alignDown(sizeBytes - EDGE);
    regions.add(new Region(tail, sizeBytes - tail));
    for (var copy : COPIES) {
      add(regions, copy, sizeBytes);
    }
    // xfs cuts the device into equal groups, mostly four, each with headers of its own.
    for (var quarter = 1; quarter < 4; quarter++) {
      add(regions, sizeBytes / 4 * quarter, sizeBytes);
    }
    var strip = sizeBytes / STRIPS;
    for (var i = 0; i < STRIPS; i++) {
      add(regions, i * strip + random.nextLong(strip), sizeBytes);
    }
    return merged(regions);
  }

  private static void add(List<Region> regions, long around, long sizeBytes) {
    var offset = alignDown(around);
    if (offset + SAMPLE <= sizeBytes) {
      regions.add(new Region(offset, SAMPLE));
    }
  }

  private static List<Region> merged(List<Region> regions) {
    regions.sort(Comparator.comparingLong(Region::offset));
    var merged = new ArrayList<Region>();
    for (var region : regions) {
      if (!merged.isEmpty() && merged.getLast().end() >= region.offset()) {
        var last = merged.removeLast();
        var end = Math.max(last.end(), region.end());
        merged.add(new Region(last.offset(), end - last.offset()));
      } else {
        merged.add(region);
      }
    }
    return merged;
  }

  private static long alignDown(long offset) {
    return offset / ALIGNMENT * ALIGNMENT;
  }
}
