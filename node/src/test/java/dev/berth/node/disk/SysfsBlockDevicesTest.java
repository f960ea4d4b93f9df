package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.DeviceIdentity.LoopBacking;
import dev.berth.node.disk.DeviceIdentity.Partition;
import dev.berth.node.linux.DeviceNumber;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SysfsBlockDevicesTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private DiskParts parts;

  @BeforeEach
  void wire() throws IOException {
    parts = DiskParts.in(disks.directory());
  }

  @Test
  void aLoopDeviceIsKnownByItsFileThroughAnyLink() throws Exception {
    var disk = disks.disk(64 * MIB);
    var link = Files.createSymbolicLink(disks.directory().resolve("by-id"), disk.device());
    var device = parts.device(link);

    assertThat(device.node()).isEqualTo(disk.device());
    assertThat(device).hasToString(link + " (" + disk.device() + ")");
    assertThat(device.sizeBytes()).isEqualTo(64 * MIB);
    assertThat(device.readOnly()).isFalse();
    var loop = device.identity().loop().orElseThrow();
    assertThat(loop.path()).isEqualTo(disk.image().toString());
    assertThat(loop.birth()).isPresent();
  }

  @Test
  void aDeviceIsTheSameAfterItIsBoundAnewAndAnotherIsNot() throws Exception {
    var disk = disks.disk(64 * MIB);
    var first = parts.device(disk.device()).identity();
    run("losetup", "-d", disk.device().toString());
    var other = disks.disk(64 * MIB);
    var again = parts.device(disks.attach(disk.image()).device()).identity();

    assertThat(again.number()).isNotEqualTo(first.number());
    assertThat(first.sameDevice(again)).isTrue();
    assertThat(first.sameDevice(parts.device(other.device()).identity())).isFalse();
    run("truncate", "-s", "128M", disk.image().toString());
    var grown = parts.device(disks.attach(disk.image()).device()).identity();
    assertThat(first.sameDevice(grown)).isFalse();
  }

  @Test
  void aPathLeadsToTheSameDeviceOnlyWhileNothingOfItHasChanged() throws Exception {
    var disk = disks.disk(64 * MIB);
    var device = parts.device(disk.device());
    var found = device.identity();
    var loop = found.loop().orElseThrow();
    var shifted = new LoopBacking(loop.device(), loop.inode(), loop.birth(), loop.path(), 4096);
    var sequence = OptionalLong.of(found.sequence().getAsLong() - 1);

    assertThat(same(device, found)).isTrue();
    assertThat(same(device, like(found, sequence, Optional.empty(), loop))).isFalse();
    assertThat(same(device, like(found, found.sequence(), Optional.empty(), shifted))).isFalse();
    var part = Optional.of(new Partition(1, MIB));
    assertThat(same(device, like(found, found.sequence(), part, loop))).isFalse();
  }

  private static DeviceIdentity like(
      DeviceIdentity found, OptionalLong sequence, Optional<Partition> part, LoopBacking loop) {
    return new DeviceIdentity(
        found.number(),
        found.bootId(),
        sequence,
        found.sizeBytes(),
        part,
        found.wwn(),
        found.serial(),
        Optional.of(loop));
  }

  private boolean same(BlockDevice device, DeviceIdentity before) throws IOException {
    return parts
        .devices()
        .same(
            device.asked(),
            new BlockDevice(
                device.asked(),
                device.node(),
                device.kernelName(),
                before,
                device.readOnly(),
                device.disk(),
                device.partitions()));
  }

  @Test
  void aNewFileOnTheSameInodeIsAnotherDevice() {
    var number = new DeviceNumber(7, 0);
    var file = new LoopBacking(number, 12, Optional.of(java.time.Instant.EPOCH), "/a", 0);
    var later =
        new LoopBacking(number, 12, Optional.of(java.time.Instant.ofEpochSecond(1)), "/a", 0);

    assertThat(identity(file).sameDevice(identity(file))).isTrue();
    assertThat(identity(file).sameDevice(identity(later))).isFalse();
  }

  private static DeviceIdentity identity(LoopBacking loop) {
    return new DeviceIdentity(
        new DeviceNumber(7, 0),
        "boot",
        OptionalLong.of(3),
        MIB,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(loop));
  }

  @Test
  void aDiskWithoutAnyNameIsTheSameOnlyWithinOneBoot() {
    var disk = plain("boot-1", 8, "");

    assertThat(disk.sameDevice(plain("boot-1", 8, ""))).isTrue();
    assertThat(disk.sameDevice(plain("boot-2", 8, ""))).isFalse();
    assertThat(disk.sameDevice(plain("boot-1", 9, ""))).isFalse();
    assertThat(plain("boot-1", 8, "S1").sameDevice(plain("boot-2", 1, "S1"))).isTrue();
    assertThat(plain("boot-1", 8, "S1").sameDevice(plain("boot-1", 8, "S2"))).isFalse();
    assertThat(plain("boot-1", 8, "S1").sameDevice(disk)).isFalse();
  }

  private static DeviceIdentity plain(String boot, long sequence, String serial) {
    return new DeviceIdentity(
        new DeviceNumber(8, 0),
        boot,
        OptionalLong.of(sequence),
        MIB,
        Optional.of(new Partition(1, 512)),
        Optional.empty(),
        serial.isEmpty() ? Optional.empty() : Optional.of(serial),
        Optional.empty());
  }

  @Test
  void whatIsNoDeviceIsToldByKind() throws Exception {
    assertThat(parts.devices().find(Path.of("/dev/no-such-disk")))
        .isEqualTo(
            new DeviceLookup.Missing(
                Path.of("/dev/no-such-disk"), "there is no device /dev/no-such-disk on this node"));
    var link =
        Files.createSymbolicLink(
            disks.directory().resolve("gone"), Path.of("/dev/disk/by-id/gone"));
    assertThat(parts.devices().find(link))
        .isInstanceOfSatisfying(
            DeviceLookup.Missing.class,
            missing -> assertThat(missing.reason()).contains("link to /dev/disk/by-id/gone"));
    assertThat(parts.devices().find(disks.directory()))
        .isInstanceOfSatisfying(
            DeviceLookup.NotBlockDevice.class, not -> assertThat(not.directory()).isTrue());
    assertThat(parts.devices().find(Path.of("/proc")))
        .isInstanceOfSatisfying(
            DeviceLookup.NotBlockDevice.class,
            not -> assertThat(not.reason()).contains("proc is mounted on /proc"));
    assertThat(parts.devices().find(Path.of("/dev/null")))
        .isInstanceOf(DeviceLookup.NotBlockDevice.class);
  }

  @Test
  void aPartitionIsToldWithItsDiskAndSharesItsUse() throws Exception {
    var image = disks.image(64 * MIB);
    run("sh", "-c", "printf '2048,65536\\n67584,\\n' | sfdisk -q " + image);
    var disk = disks.attach(image);
    run("partx", "--add", disk.device().toString());
    var whole = parts.device(disk.device());
    var first = parts.device(Path.of(disk.device() + "p1"));
    var second = parts.device(Path.of(disk.device() + "p2"));

    assertThat(whole.partitions())
        .containsExactly(disk.kernelName() + "p1", disk.kernelName() + "p2");
    assertThat(first.disk()).hasValue(disk.kernelName());
    assertThat(first.identity().partition()).hasValue(new Partition(1, MIB));
    assertThat(first.identity().sameDevice(second.identity())).isFalse();
    run("mkfs.ext4", "-q", first.node().toString());
    run("mount", first.node().toString(), disks.directory("mnt").toString());
    assertThat(parts.devices().use(whole).mounts()).hasSize(1);
    assertThat(parts.devices().use(first).mounts()).hasSize(1);
    assertThat(parts.devices().use(second).mounts()).isEmpty();
  }

  @Test
  void namesOfTheHardwareAreReadWhereEachTransportHasThem() throws Exception {
    var nvme = disks.directory("nvme0n1");
    write(nvme, "wwid", "eui.0025385b71b0a1b2\n");
    write(nvme, "nsid", "1\n");
    write(nvme, "device/serial", "S4EWNX0R  \n");
    assertThat(Sysfs.worldWideName(nvme)).hasValue("eui.0025385b71b0a1b2");
    assertThat(Sysfs.serial(nvme)).hasValue("S4EWNX0R/1");

    var scsi = disks.directory("sda");
    write(scsi, "device/wwid", "naa.5000c500a1b2c3d4\n");
    write(scsi, "device/vpd_pg80", "\0\u0080\0\u0008Z1D2E3F4");
    assertThat(Sysfs.worldWideName(scsi)).hasValue("naa.5000c500a1b2c3d4");
    assertThat(Sysfs.serial(scsi)).hasValue("Z1D2E3F4");

    var virtio = disks.directory("vdb");
    write(virtio, "serial", "");
    assertThat(Sysfs.worldWideName(virtio)).isEmpty();
    assertThat(Sysfs.serial(virtio)).isEmpty();
  }

  private static void write(Path directory, String attribute, String text) throws IOException {
    var file = directory.resolve(attribute);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text, java.nio.charset.StandardCharsets.ISO_8859_1);
  }
}
