package dev.berth.node.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.berth.node.linux.DeviceNumber;
import dev.berth.node.linux.JnrSyscalls;
import dev.berth.node.linux.MountFlag;
import dev.berth.node.linux.Propagation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class MountTableTest {
  private static final String TABLE =
      """
      20 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
      21 20 0:5 / /dev rw,nosuid shared:2 - devtmpfs devtmpfs rw,size=1k
      30 20 7:3 / /var/lib/berth/global rw,relatime shared:9 master:3 - ext4 /dev/loop3 rw
      31 20 7:3 / /var/lib/berth/pods/a ro,relatime master:3 propagate_from:2 - ext4 /dev/loop3 rw
      32 20 7:3 /sub\\040dir//deleted /mnt/with\\040blank\\134 rw - ext4 /dev/loop3 ro,errors=x
      33 30 0:44 / /var/lib/berth/global/inner rw unbindable - tmpfs  rw
      34 20 7:4 / /var/lib/berth/global rw,relatime - xfs /dev/loop4 rw
      35 20 7:4 / /var/lib/berth/global2 rw,relatime - xfs /dev/loop4 rw
      """;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final MountTable table = MountTable.parse(TABLE);

  @Test
  void everyFieldIsRead() {
    var bound = table.at(Path.of("/var/lib/berth/pods/a")).orElseThrow();
    assertThat(bound.id()).isEqualTo(31);
    assertThat(bound.parentId()).isEqualTo(20);
    assertThat(bound.device()).isEqualTo(new DeviceNumber(7, 3));
    assertThat(bound.options()).containsExactly("ro", "relatime");
    assertThat(bound.sharedGroup()).isEmpty();
    assertThat(bound.masterGroup()).hasValue(3);
    assertThat(bound.type()).isEqualTo("ext4");
    assertThat(bound.source()).isEqualTo("/dev/loop3");
    assertThat(bound.readOnly()).isTrue();
    assertThat(bound.partial()).isFalse();

    var odd = table.at(Path.of("/mnt/with blank\\")).orElseThrow();
    assertThat(odd.root()).isEqualTo("/sub dir//deleted");
    assertThat(odd.rootDeleted()).isTrue();
    assertThat(odd.partial()).isTrue();
    assertThat(odd.readOnly()).isTrue();

    var sourceless = table.at(Path.of("/var/lib/berth/global/inner")).orElseThrow();
    assertThat(sourceless.source()).isEmpty();
    assertThat(sourceless.unbindable()).isTrue();
  }

  @Test
  void theTopmostMountIsTheVisibleOne() {
    var path = Path.of("/var/lib/berth/global");
    assertThat(table.at(path).orElseThrow().type()).isEqualTo("xfs");
    assertThat(table.allAt(path)).extracting(MountEntry::type).containsExactly("ext4", "xfs");
    assertThat(table.at(Path.of("/var/lib"))).isEmpty();
  }

  @Test
  void mountsAreFoundByDeviceByRootAndByPlace() {
    assertThat(table.ofDevice(new DeviceNumber(7, 3))).hasSize(3);
    assertThat(table.sameRoot(table.ofDevice(new DeviceNumber(7, 3)).getFirst()))
        .extracting(MountEntry::target)
        .containsExactly("/var/lib/berth/global", "/var/lib/berth/pods/a");
    assertThat(table.below(Path.of("/var/lib/berth/global")))
        .extracting(MountEntry::target)
        .containsExactly("/var/lib/berth/global/inner");
    assertThat(table.below(Path.of("/"))).hasSize(7).doesNotContain(table.entries().getFirst());
    assertThat(table.containing(Path.of("/var/lib/berth/global/inner/deep/file")))
        .hasValueSatisfying(entry -> assertThat(entry.id()).isEqualTo(33));
    assertThat(table.containing(Path.of("/home")))
        .hasValueSatisfying(entry -> assertThat(entry.target()).isEqualTo("/"));
  }

  @Test
  void anotherFormIsRefusedByQuotingTheLine() {
    assertThatThrownBy(() -> MountTable.parse("not a mount"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("\"not a mount\"");
  }

  @Test
  void theKernelsOwnTableTellsBindsPropagationAndOddNames() throws Exception {
    var syscalls = new JnrSyscalls();
    var source = disks.directory("source dir\\#");
    Files.createDirectory(source.resolve("sub"));
    var target = disks.directory("target\tdir");
    syscalls.bindMount(source.resolve("sub"), target, false);
    syscalls.setPropagation(target, Propagation.SHARED, false);
    Files.delete(source.resolve("sub"));

    var entry = MountTable.reader().read().at(target).orElseThrow();
    assertThat(entry.root()).endsWith(source + "/sub//deleted");
    assertThat(entry.rootDeleted()).isTrue();
    assertThat(entry.sharedGroup()).isPresent();
    assertThat(entry.device()).isEqualTo(syscalls.status(source, true).device());
    syscalls.unmountBind(target, false);
    assertThat(MountTable.reader().read().at(target)).isEmpty();
  }

  @Test
  void theTableIsReadAgainOnlyWhenMountsChange() throws Exception {
    var syscalls = new JnrSyscalls();
    var source = disks.directory("source");
    var target = disks.directory("target");
    var reader = new AnnouncedMounts(syscalls);

    assertThat(reader.read().at(target)).isEmpty();
    syscalls.bindMount(source, target, false);
    var bound = reader.read().at(target).orElseThrow();
    assertThat(bound.options()).contains("rw");
    syscalls.remountBind(target, EnumSet.of(MountFlag.READ_ONLY));
    assertThat(reader.read().at(target).orElseThrow().options()).contains("ro");
    syscalls.unmountBind(target, false);
    assertThat(reader.read().at(target)).isEmpty();
  }

  @Test
  void whatIsNotAnnouncedIsSeenALittleLater() throws Exception {
    var syscalls = new JnrSyscalls();
    var parent = disks.directory("parent");
    var target = Files.createDirectory(parent.resolve("target"));
    var renamed = parent.resolveSibling("renamed");
    var reader = new AnnouncedMounts(syscalls);
    syscalls.bindMount(target, target, false);
    assertThat(reader.read().at(target).orElseThrow().sharedGroup()).isEmpty();
    syscalls.setPropagation(target, Propagation.SHARED, false);
    await().until(() -> reader.read().at(target).orElseThrow().sharedGroup().isPresent());

    Files.move(parent, renamed);
    await().until(() -> reader.read().at(renamed.resolve("target")).isPresent());
    Files.move(renamed, parent);
    syscalls.unmountBind(target, false);
  }
}
