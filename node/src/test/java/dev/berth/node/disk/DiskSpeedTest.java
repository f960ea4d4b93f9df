package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.BlankProof.Demand;
import dev.berth.node.disk.DiskPreparation.Prepared.Ready;
import dev.berth.node.disk.DiskPreparation.Request;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the proof and the journal cost on top of mkfs and mount, in the same run. */
@Tag("long")
class DiskSpeedTest {
  private static final Logger log = LoggerFactory.getLogger(DiskSpeedTest.class);
  private static final int ROUNDS = 40;
  private static final int WARM_UP = 10;
  private static final long GIB = 1L << 30;

  private static final FormatAnyway NOTHING_SAID =
      new FormatAnyway("pv", Optional.empty(), device -> Optional.empty());

  @RegisterExtension final LoopDisks disks = new LoopDisks();

  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }

  private static long micros(Work work) throws Exception {
    var start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1000;
  }

  @Test
  void aBlankDiskIsProvenFormattedAndMountedLittleSlowerThanByHand() throws Exception {
    var parts = DiskParts.in(disks.directory());
    var raw = new long[ROUNDS];
    var proof = new long[ROUNDS];
    var prepared = new long[ROUNDS];
    var mounted = new long[ROUNDS];
    for (var round = -WARM_UP; round < ROUNDS; round++) {
      var at = Math.max(round, 0);
      var byHand = disks.disk(GIB);
      var target = disks.directory("raw");
      raw[at] =
          micros(
              () ->
                  run(
                      "sh",
                      "-c",
                      "mkfs.ext4 -q -m 0 -F -E lazy_itable_init=0,lazy_journal_init=0,discard "
                          + byHand.device()
                          + " && mount -t ext4 "
                          + byHand.device()
                          + " "
                          + target));
      run("umount", target.toString());
      run("losetup", "-d", byHand.device().toString());

      var disk = disks.disk(GIB);
      var device = parts.device(disk.device());
      proof[at] =
          micros(
              () ->
                  assertThat(parts.proof().verify(device, Demand.ofSize(GIB)))
                      .isInstanceOf(BlankVerdict.Blank.class));
      var request =
          new Request(
              UUID.randomUUID(),
              device,
              FileSystemKind.EXT4,
              GIB,
              0,
              Optional.empty(),
              false,
              uuid -> Optional.empty(),
              mount -> false,
              NOTHING_SAID,
              Map.of());
      prepared[at] =
          micros(() -> assertThat(parts.preparation().prepare(request)).isInstanceOf(Ready.class));
      mounted[at] =
          prepared[at]
              + micros(
                  () ->
                      parts
                          .mounter()
                          .mount(
                              new Mounter.Request(
                                  "ext4", disk.device().toString(), target, List.of())));
      run("umount", target.toString());
      run("losetup", "-d", disk.device().toString());
    }
    log.info(
        "1 GiB, p50/p90 in microseconds: raw mkfs+mount {}, proof {}, prepared {}, and mounted {}",
        quantiles(raw),
        quantiles(proof),
        quantiles(prepared),
        quantiles(mounted));
    assertThat(median(mounted)).isLessThan(median(raw) + 50_000);
  }

  private static long median(long[] micros) {
    return Arrays.stream(micros).sorted().skip(micros.length / 2).findFirst().orElseThrow();
  }

  private static String quantiles(long[] micros) {
    var sorted = Arrays.stream(micros).sorted().toArray();
    return sorted[sorted.length / 2] + "/" + sorted[sorted.length * 9 / 10];
  }
}
