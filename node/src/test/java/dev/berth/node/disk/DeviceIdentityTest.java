package dev.berth.node.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.DeviceIdentity.LoopBacking;
import dev.berth.node.linux.DeviceNumber;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** When two descriptions are of one device. */
class DeviceIdentityTest {
  private static final Instant BIRTH = Instant.parse("2026-01-02T03:04:05.000000006Z");

  private static DeviceIdentity loop(String boot, int fileSystem, Optional<Instant> birth) {
    var backing = new LoopBacking(new DeviceNumber(259, fileSystem), 17, birth, "/img", 0);
    return new DeviceIdentity(
        new DeviceNumber(7, 3),
        boot,
        OptionalLong.of(9),
        1 << 20,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(backing));
  }

  @Test
  void anImageIsTheSameAfterABootThatNumberedItsFileSystemAnew() {
    var before = loop("boot-1", 1, Optional.of(BIRTH));
    assertThat(before.sameDevice(loop("boot-2", 2, Optional.of(BIRTH)))).isTrue();
    assertThat(before.sameDevice(loop("boot-2", 2, Optional.of(BIRTH.plusNanos(1))))).isFalse();
  }

  @Test
  void withinOneBootTwoFileSystemsAreTwo() {
    var before = loop("boot-1", 1, Optional.of(BIRTH));
    assertThat(before.sameDevice(loop("boot-1", 2, Optional.of(BIRTH)))).isFalse();
    assertThat(before.sameDevice(loop("boot-1", 1, Optional.of(BIRTH)))).isTrue();
  }

  @Test
  void anInodeAloneProvesNothingAfterABoot() {
    var before = loop("boot-1", 1, Optional.empty());
    assertThat(before.sameDevice(loop("boot-2", 2, Optional.empty()))).isFalse();
  }
}
