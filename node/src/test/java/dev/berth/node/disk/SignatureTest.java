package dev.berth.node.disk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.node.disk.BlankProof.Demand;
import dev.berth.node.disk.BlankVerdict.Reason;
import dev.berth.node.disk.BlankVerdict.Refused;
import dev.berth.node.disk.LoopDisks.LoopDisk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the makers of file systems, volume managers and arrays leave on a disk, each refused by its
 * name. The heads of disks were recorded from what each maker's own tool had written; where that
 * tool needs a driver that a test machine lacks, it is the part of its superblock that identifies
 * it.
 */
class SignatureTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private DiskParts parts;

  @BeforeEach
  void wire() throws IOException {
    parts = DiskParts.in(disks.directory());
  }

  /** By both readers, each of which may be the only one to see it. */
  private void assertRefused(LoopDisk disk, String type) throws Exception {
    assertThat(parts.proof().verify(parts.device(disk.device()), Demand.ofSize(0)))
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(Reason.SIGNATURE);
              assertThat(refused.message()).contains(disk.device().toString(), type);
            });
    parts.wrap("wipefs", "echo '{\"signatures\": []}'");
    assertThat(parts.proof().verify(parts.device(disk.device()), Demand.ofSize(0)))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.reason()).isEqualTo(Reason.NOT_ZERO));
  }

  @ParameterizedTest
  @CsvSource({
    "LVM2_member, lvm2",
    "crypto_LUKS, luks2",
    "linux_raid_member, md12",
    "bcache, bcache",
    "exfat, exfat",
    "f2fs, f2fs",
    "iso9660, iso9660",
    "jfs, jfs",
    "nilfs2, nilfs2",
    "ntfs, ntfs",
    "reiserfs, reiserfs",
    "squashfs, squashfs",
    "udf, udf",
    "vfat, vfat"
  })
  void whatAToolWroteIsRefusedByItsName(String type, String recorded) throws Exception {
    var image = disks.image(64 * MIB);
    try (var resource = getClass().getResourceAsStream(recorded + ".head.gz");
        var head = new GZIPInputStream(resource)) {
      write(image, 0, head.readAllBytes());
    }

    assertRefused(disks.attach(image), type);
  }

  /** Offsets below zero are from the end of the disk. */
  @ParameterizedTest
  @CsvSource({
    "ceph_bluestore, 0, 626c756573746f726520626c6f636b20646576696365",
    "crypto_LUKS, 0, 4c554b53babe0001",
    "ddf_raid_member, -512, de11de11",
    "DM_integrity, 0, 696e7465677274000101010101010101",
    "DM_snapshot_cow, 0, 536e4170010000000100000010000000",
    "DM_verity_hash, 0, 766572697479000001000000010000000101010101010101",
    "drbd, -4036, 8374026d",
    "gfs2, 65536, 011619700000000000000000000000000000000000000000000007090000076c",
    "isw_raid_member, -1024, 496e74656c20526169642049534d20436667205369672e20312e332e3030",
    "linux_raid_member, -65536, fc4e2ba9000000005a0000000000000000000000",
    "LVM1_member, 0, 484d0100000000000000000000000000000000000000000000000000000000000000000000000000000000006162636465666768",
    "ocfs2, 8192, 4f4346535632",
    "oracleasm, 32, 4f52434c4449534b44415441",
    "romfs, 0, 2d726f6d3166732d00000100",
    "swsuspend, 4086, 533153555350454e4400",
    "ubi, 0, 55424923",
    "ufs, 9564, 54190100",
    "vdo, 0, 646d76646f303031",
    "VMFS, 2097152, 5ef1ab2f",
    "VMFS_volume_member, 1048576, 0dd001c0",
    "vxfs, 1024, f5fc01a5"
  })
  void whatIdentifiesASuperblockIsEnough(String type, long offset, String hex) throws Exception {
    var image = disks.image(64 * MIB);
    write(image, offset, HexFormat.of().parseHex(hex));

    assertRefused(disks.attach(image), type);
  }

  @Test
  void aPoolOfZfsIsRefused() throws Exception {
    var image = disks.image(64 * MIB);
    for (var uberblock = 4; uberblock < 12; uberblock++) {
      write(
          image,
          (128L + uberblock) * 1024,
          HexFormat.of()
              .parseHex("0cb1ba0000000000881300000000000001000000000000000100000000000000"));
    }

    assertRefused(disks.attach(image), "zfs_member");
  }

  @Test
  void theMapOfAnAppleDiskIsRefused() throws Exception {
    var image = disks.image(64 * MIB);
    write(image, 0, new byte[] {'E', 'R', 2, 0});
    write(image, 512, new byte[] {'P', 'M', 0, 0, 0, 0, 0, 1});

    assertRefused(disks.attach(image), "mac");
  }

  private static void write(Path image, long at, byte[] bytes) throws IOException {
    try (var file = new RandomAccessFile(image.toFile(), "rw")) {
      file.seek(at < 0 ? file.length() + at : at);
      file.write(bytes);
    }
  }
}
