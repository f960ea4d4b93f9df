package dev.berth.it;

import static org.assertj.core.api.Assertions.assertThat;

import dev.berth.it.harness.BerthProcess;
import dev.berth.it.harness.Cluster;
import dev.berth.it.harness.Command;
import dev.berth.it.harness.LoopDisk;
import dev.berth.it.harness.Manifest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What can be wrong with a disk: the pod waits, an event and a condition name what was found and
 * what to do, nothing is written to the disk, and when the fault has gone the pod runs by itself.
 */
class DeviceFaultIT {
  private static final long MIB = 1 << 20;
  private static final String VOLUMES = "/api/v1/persistentvolumes";
  private static final String CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims";
  private static final String PODS = "/api/v1/namespaces/default/pods";

  /** The remedy that the messages name. */
  private static final Pattern REMEDY =
      Pattern.compile("kubectl (annotate pv \\S+ berth.dev/format-anyway=\\w+)");

  @TempDir Path dir;
  private final List<LoopDisk> disks = new ArrayList<>();
  private final BerthProcess server = BerthProcess.prepare();
  private final Cluster cluster = new Cluster(server);

  private void start() {
    server.launch();
    ready();
  }

  private void ready() {
    server.awaitReady();
    cluster.create("/apis/storage.k8s.io/v1/storageclasses", Manifest.delayedClass());
  }

  @AfterEach
  void stop() {
    try {
      server.close();
    } finally {
      disks.forEach(LoopDisk::close);
    }
  }

  private LoopDisk disk(String name, long mib) {
    var disk = LoopDisk.make(dir.resolve(name + ".img"), mib * MIB);
    disks.add(disk);
    return disk;
  }

  /** A volume on a path, its claim, and a pod that wants it: all of one name. */
  private void want(String name, String path, String size) {
    cluster.create(VOLUMES, Manifest.localVolume(name, path, size));
    var claim = Manifest.claim(name, size);
    // Each its own disk, whichever would fit better.
    cluster.create(
        CLAIMS, claim.replace("\"spec\":{", "\"spec\":{\"volumeName\":\"%s\",".formatted(name)));
    cluster.create(PODS, Manifest.pod(name, name));
  }

  /** The pod waits, and its events and a condition say why. */
  private void waits(String name, String... why) {
    cluster.soon(
        () ->
            assertThat(cluster.told("Pod", name))
                .anySatisfy(message -> assertThat(message).contains(why)));
    cluster.soon(
        () ->
            assertThat(cluster.conditions(name))
                .anySatisfy(message -> assertThat(message).contains(why)));
    assertThat(cluster.phase(cluster.pod(name))).isEqualTo("Pending");
    assertThat(Cluster.mountsBelow(server.dataDir().resolve("node/pods"))).isEmpty();
  }

  private void runs(String name) {
    cluster.soon(
        () ->
            assertThat(cluster.phase(cluster.pod(name)))
                .as("phase of pod %s; told: %s", name, cluster.told("Pod", name))
                .isEqualTo("Running"));
  }

  private void remove(String... names) {
    for (var name : names) {
      cluster.remove(PODS + "/" + name);
      cluster.remove(CLAIMS + "/" + name);
      cluster.remove(VOLUMES + "/" + name);
    }
  }

  private static String sum(LoopDisk disk) {
    return Command.run("sha256sum", disk.device()).ok();
  }

  @Test
  void aDiskThatIsNotThereIsNamedAndThePodRunsOnceItAppears() throws IOException {
    start();
    var link = dir.resolve("by-id-disk");
    want("absent", link.toString(), "64Mi");
    waits("absent", "absent", link.toString(), "expected a block device or a mounted directory");

    Files.createSymbolicLink(link, Path.of(disk("absent", 64).device()));
    runs("absent");
    remove("absent");
    // A volume that is deleted is forgotten, its format too.
    cluster.soon(
        () -> assertThat(server.dataDir().resolve("node/disk-journal")).isEmptyDirectory());
  }

  @Test
  void aDiskThatSomebodyElseUsesIsLeftAlone() throws Exception {
    start();
    var mounted = disk("mounted", 64);
    Command.run("mkfs.ext4", "-q", mounted.device()).ok();
    var elsewhere = Files.createDirectory(dir.resolve("elsewhere")).toString();
    Command.run("mount", "-o", "ro", mounted.device(), elsewhere).ok();
    var held = disk("held", 64);
    var hold = "use Fcntl; sysopen(D, shift, O_RDWR | O_EXCL) or die; $| = 1; print 1; sleep 600";
    var holder = new ProcessBuilder("perl", "-e", hold, held.device()).start();
    try {
      assertThat(holder.getInputStream().read()).isEqualTo('1');
      var sums = List.of(sum(mounted), sum(held));
      want("mounted", mounted.device(), "32Mi");
      want("held", held.device(), "64Mi");
      waits("mounted", mounted.device(), "mounted at " + elsewhere);
      waits("held", held.device(), "opened exclusively", "fuser -v " + held.device());
      assertThat(List.of(sum(mounted), sum(held))).isEqualTo(sums);
    } finally {
      Command.run("umount", elsewhere);
      holder.destroyForcibly().waitFor();
    }
    runs("mounted");
    runs("held");
    remove("mounted", "held");
  }

  @Test
  void whateverADiskCarriesIsNamedAndKeptUntilItIsGivenUpAsTheMessageSays() throws Exception {
    start();
    var found = new LinkedHashMap<String, String>();
    Command.run("mkfs.xfs", "-q", disk("xfs", 320).device()).ok();
    found.put("xfs", "xfs");
    Command.run("mkswap", "-q", disk("swap", 64).device()).ok();
    found.put("swap", "swap");
    Command.run(
            List.of("sfdisk", "-q", "--no-reread", "--no-tell-kernel", disk("gpt", 64).device()),
            Map.of(),
            "label: gpt\nsize=16MiB\n")
        .ok();
    found.put("gpt", "gpt");
    write(disk("luks", 64), 0, "LUKS\u00ba\u00be\0\1".getBytes(StandardCharsets.ISO_8859_1));
    found.put("luks", "crypto_LUKS");
    write(disk("lvm", 64), 512, physicalVolumeLabel());
    found.put("lvm", "LVM2_member");
    write(disk("data", 64), 0, "precious".getBytes(StandardCharsets.US_ASCII));
    found.put("data", "data of no known kind");
    var sums = disks.stream().map(DeviceFaultIT::sum).toList();

    for (var name : found.keySet()) {
      want(name, device(name), "64Mi");
    }
    for (var name : found.keySet()) {
      waits(name, device(name), found.get(name), "format-anyway=");
    }
    assertThat(disks.stream().map(DeviceFaultIT::sum)).isEqualTo(sums);
    for (var name : found.keySet()) {
      var remedy = REMEDY.matcher(String.join(" ", cluster.told("Pod", name)));
      assertThat(remedy.find()).isTrue();
      server.kubectl(remedy.group(1).split(" ")).ok();
      runs(name);
    }
    remove(found.keySet().toArray(String[]::new));
  }

  @Test
  void theFileSystemOfAnotherVolumeIsNotAdopted() {
    start();
    var disk = disk("other", 64);
    want("owner", disk.device(), "32Mi");
    runs("owner");
    cluster.remove(PODS + "/owner");
    cluster.soon(() -> assertThat(Cluster.mountsBelow(server.dataDir())).isEmpty());
    var before = sum(disk);

    want("thief", disk.device(), "32Mi");
    waits("thief", disk.device(), "of volume owner", "correct the path");
    cluster.soon(
        () ->
            assertThat(cluster.told("PersistentVolume", "thief"))
                .anySatisfy(message -> assertThat(message).contains("of volume owner")));
    assertThat(sum(disk)).isEqualTo(before);
    remove("owner");
    runs("thief");
    remove("thief");
  }

  private String device(String name) {
    return disks.stream()
        .filter(disk -> disk.image().endsWith(name + ".img"))
        .findFirst()
        .orElseThrow()
        .device();
  }

  private static void write(LoopDisk disk, long offset, byte[] bytes) throws IOException {
    try (var file = new RandomAccessFile(disk.device(), "rw")) {
      file.seek(offset);
      file.write(bytes);
      file.getFD().sync();
    }
  }

  /** What pvcreate writes into the second sector, with LVM's own kind of CRC. */
  private static byte[] physicalVolumeLabel() {
    var label = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    label.put("LABELONE".getBytes(StandardCharsets.US_ASCII)).putLong(1).putInt(0).putInt(32);
    label.put("LVM2 001".getBytes(StandardCharsets.US_ASCII));
    label.put("0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII));
    var crc = 0xf597a6cf;
    for (var at = 20; at < 512; at++) {
      crc ^= label.get(at) & 0xff;
      for (var bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ 0xedb88320;
      }
    }
    return label.putInt(16, crc).array();
  }

  @Test
  void aDiskThatCannotBeReadOrIsTooSmallIsNotFormatted() {
    start();
    var sick = disk("sick", 64);
    Command.run("truncate", "-s", "1M", sick.image().toString()).ok();
    var small = disk("small", 64);
    var before = sum(small);
    want("sick", sick.device(), "64Mi");
    want("small", small.device(), "128Mi");
    waits("sick", sick.device(), "cannot be read", "dmesg");
    waits("small", small.device(), "67108864", "134217728", "use a larger disk");
    assertThat(sum(small)).isEqualTo(before);
    assertThat(sick.image()).hasSize(MIB);

    Command.run("truncate", "-s", "64M", sick.image().toString()).ok();
    Command.run("truncate", "-s", "128M", small.image().toString()).ok();
    Command.run("losetup", "-c", small.device()).ok();
    runs("sick");
    runs("small");
    remove("sick", "small");
  }

  @Test
  void aDirectoryWhoseMountIsGoneIsNotWrittenTo() throws IOException {
    start();
    var disk = disk("directory", 64);
    Command.run("mkfs.ext4", "-q", disk.device()).ok();
    var place = Files.createDirectory(dir.resolve("place"));
    Command.run("mount", disk.device(), place.toString()).ok();
    try {
      want("directory", place.toString(), "32Mi");
      runs("directory");
      cluster.remove(PODS + "/directory");
      Command.run("umount", place.toString()).ok();
      cluster.create(PODS, Manifest.pod("directory", "directory"));
      waits("directory", place.toString(), "not a mount point", "Mount it");
      assertThat(place).isEmptyDirectory();

      Command.run("mount", disk.device(), place.toString()).ok();
      runs("directory");
      remove("directory");
    } finally {
      Command.run("umount", "-l", place.toString());
    }
  }

  @Test
  void aMissingProgramIsNamedWithItsPackage() {
    var mkfs = Path.of("/usr/sbin/mkfs.ext4");
    server.startWith("/dev/null", mkfs);
    ready();
    var disk = disk("tool", 64);
    var before = sum(disk);
    want("tool", disk.device(), "64Mi");
    waits("tool", disk.device(), "mkfs.ext4", "apt-get install e2fsprogs");
    assertThat(sum(disk)).isEqualTo(before);

    server.restore(mkfs);
    runs("tool");
    remove("tool");
  }
}
