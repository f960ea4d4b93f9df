package dev.berth.node.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.SampleRegions.Region;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SampleRegionsTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();

  @ParameterizedTest
  @CsvSource({
    "33558528, 512",
    "67108864, 512",
    "67112448, 512",
    "67112960, 512",
    "67112960, 4096",
    "1099511627776, 512"
  })
  void allPlacesWhereTheLibraryOfSignaturesLooksAreRead(long size, String sector) {
    var sectors = Long.parseLong(sector);
    var disk =
        disks.attach(disks.image(size / sectors * sectors), "--sector-size", sector, "--read-only");
    var regions = SampleRegions.of(size / sectors * sectors, new Random(7));
    var told =
        LoopDisks.run(
            "sh", "-c", "LIBBLKID_DEBUG=lowprobe wipefs --no-act " + disk.device() + " 2>&1");

    var read =
        Pattern.compile("read: off=(\\d+) len=(\\d+)")
            .matcher(told)
            .results()
            .map(at -> new Region(Long.parseLong(at.group(1)), Long.parseLong(at.group(2))))
            .toList();
    assertThat(read).hasSizeGreaterThan(20).allMatch(place -> isCovered(place, regions));
  }

  /** Where btrfs has its first superblock in turns on a disk of zones of the usual size. */
  @Test
  void theSecondZoneOfAZonedDiskIsRead() {
    assertThat(isCovered(new Region(256 * MIB, 4096), SampleRegions.of(8L << 40, new Random(7))))
        .isTrue();
  }

  private static boolean isCovered(Region place, List<Region> regions) {
    return regions.stream()
        .anyMatch(region -> region.offset() <= place.offset() && place.end() <= region.end());
  }
}
