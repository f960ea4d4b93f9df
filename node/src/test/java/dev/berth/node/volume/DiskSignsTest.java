package dev.berth.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.NodeWorld;
import dev.berth.node.disk.BlockDevice;
import dev.berth.node.disk.DeviceIdentity;
import dev.berth.node.disk.DiskVitals;
import dev.berth.node.linux.DeviceNumber;
import dev.berth.node.volume.DiskFinding.Trouble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What hardware says that no loop disk can: a made-up sysfs and a made-up smartctl. */
class DiskSignsTest {
  @TempDir Path directory;

  private static final BlockDevice DISK =
      new BlockDevice(
          Path.of("/dev/sdx1"),
          Path.of("/dev/sdx1"),
          "sdx1",
          new DeviceIdentity(
              new DeviceNumber(8, 1),
              "boot",
              OptionalLong.of(7),
              1 << 20,
              Optional.of(new DeviceIdentity.Partition(1, 1 << 20)),
              Optional.of("wwn"),
              Optional.of("serial"),
              Optional.empty()),
          false,
          Optional.of("sdx"),
          List.of());

  private void sys(String file, String text) throws IOException {
    var path = directory.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text + "\n");
  }

  @Test
  void theDriversCountOfFailedRequestsIsThatOfTheWholeDisk() throws Exception {
    sys("devices/sdx/device/ioerr_cnt", "0x1f");
    sys("devices/sdx/sdx1/partition", "1");
    Files.createDirectories(directory.resolve("dev/block"));
    Files.createSymbolicLink(
        directory.resolve("dev/block/8:1"), directory.resolve("devices/sdx/sdx1"));
    assertThat(new DiskVitals(directory).read(DISK, "").ioErrors()).hasValue(31);

    sys("fs/btrfs/uuid/devinfo/1/error_stats", "write_errs 2\nread_errs 1\nflush_errs 0");
    assertThat(new DiskVitals(directory).read(DISK, "uuid").fileSystemErrors()).isEqualTo(3);
    sys("fs/ext4/sdx1/errors_count", "5");
    sys("fs/ext4/sdx1/last_error_func", "ext4_lookup");
    sys("fs/ext4/sdx1/last_error_time", "1700000000");
    var signs = new DiskVitals(directory).read(DISK, "uuid");
    assertThat(signs.fileSystemErrors()).isEqualTo(5);
    assertThat(signs.lastError()).isEqualTo("ext4_lookup at 2023-11-14T22:13:20Z");
  }

  @Test
  void manyNewFailedRequestsAreATroubleAndOldOnesAreNone() {
    var counts = new IoErrorCounts();
    assertThat(counts.look(DISK, OptionalLong.of(500))).isEmpty();
    assertThat(counts.look(DISK, OptionalLong.of(500 + IoErrorCounts.MANY - 1))).isEmpty();
    assertThat(counts.look(DISK, OptionalLong.empty())).isEmpty();
    assertThat(counts.look(DISK, OptionalLong.of(500 + 2 * IoErrorCounts.MANY)))
        .hasValueSatisfying(
            finding -> {
              assertThat(finding.trouble()).isEqualTo(Trouble.IO_ERRORS);
              assertThat(finding.message()).contains("/dev/sdx1", "11 requests");
            });
  }

  @Test
  void aDiskIsAskedOnceAnHourAndItsAnswerIsTold() throws Exception {
    var tools = Files.createDirectory(directory.resolve("tools"));
    var calls = directory.resolve("calls");
    var now = new AtomicReference<>(Instant.EPOCH);
    var probe = new SmartProbe(NodeWorld.children(List.of(tools)), now::get);
    assertThat(probe.look(DISK)).as("not installed").isEmpty();

    var smartctl = tools.resolve("smartctl");
    Files.writeString(
        smartctl,
        "#!/bin/sh\necho \"$@\" >> %s\necho 'result: FAILED!'\nexit 8\n".formatted(calls));
    assertThat(smartctl.toFile().setExecutable(true)).isTrue();
    for (var i = 0; i < 3; i++) {
      assertThat(probe.look(DISK))
          .hasValueSatisfying(
              finding -> {
                assertThat(finding.trouble()).isEqualTo(Trouble.SMART);
                assertThat(finding.message()).contains("/dev/sdx ", "FAILED!");
              });
    }
    assertThat(calls).hasContent("-H -n standby /dev/sdx\n");
    Files.writeString(smartctl, "#!/bin/sh\nexit 2\n");
    now.set(Instant.EPOCH.plus(SmartProbe.PERIOD));
    assertThat(probe.look(DISK)).as("asleep, or unable").isEmpty();
  }

  @Test
  void hardwareDoesNotHealByItselfAndTheRestDoesWhenItShows() {
    var shows = EnumSet.of(Trouble.MISSING, Trouble.OTHER_DISK, Trouble.SILENT);
    for (var trouble : Trouble.values()) {
      var failing = DiskVerdict.next(Optional.empty(), finding(trouble), true);
      assertThat(failing.orElseThrow().healthy()).isFalse();
      assertThat(DiskVerdict.next(failing, Optional.empty(), true).orElseThrow().healthy())
          .as("%s, mounted", trouble)
          .isEqualTo(trouble != Trouble.SMART && trouble != Trouble.IO_ERRORS);
      assertThat(DiskVerdict.next(failing, Optional.empty(), false).orElseThrow().healthy())
          .as("%s, not mounted", trouble)
          .isEqualTo(shows.contains(trouble));
    }
    assertThat(DiskVerdict.next(Optional.empty(), Optional.empty(), true)).isEmpty();
  }

  private static Optional<DiskFinding> finding(Trouble trouble) {
    return Optional.of(new DiskFinding(trouble, "wrong"));
  }
}
