package dev.berth.node.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.berth.node.disk.LoopDisks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class JnrSyscallsTest {
  private static final Set<OpenFlag> READ = Set.of();
  private static final Set<OpenFlag> DIRECTORY = Set.of(OpenFlag.DIRECTORY);

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private final Syscalls syscalls = new JnrSyscalls();

  @Test
  void aRefusedCallNamesCallPathErrorAndMeaning() {
    assertThatExceptionOfType(SyscallException.class)
        .isThrownBy(() -> syscalls.open(Path.of("/no/such/file"), READ, 0))
        .withMessage("openat2 of /no/such/file failed: no such file or directory (ENOENT)")
        .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
  }

  @Test
  void errorNumbersAreNeverMixedUpBetweenVirtualThreads() throws Exception {
    var file = Files.createFile(disks.directory().resolve("file"));
    List<Callable<Errno>> failures =
        List.of(
            () -> errnoOf(() -> syscalls.open(Path.of("/no/such/file"), READ, 0)),
            () -> errnoOf(() -> syscalls.open(file.resolve("below"), READ, 0)),
            () -> errnoOf(() -> syscalls.open(file, DIRECTORY, 0)),
            () -> errnoOf(() -> syscalls.unmountBind(disks.directory(), false)),
            () ->
                errnoOf(
                    () -> syscalls.open(file, Set.of(OpenFlag.CREATE, OpenFlag.EXCLUSIVE), 0600)));
    var expected = List.of(Errno.ENOENT, Errno.ENOTDIR, Errno.ENOTDIR, Errno.EINVAL, Errno.EEXIST);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var found = new ArrayList<java.util.concurrent.Future<List<Errno>>>();
      for (var thread = 0; thread < 64; thread++) {
        found.add(
            threads.submit(
                () -> {
                  var errors = new ArrayList<Errno>();
                  for (var round = 0; round < 200; round++) {
                    errors.add(failures.get(round % failures.size()).call());
                  }
                  return errors;
                }));
      }
      for (var errors : found) {
        for (var round = 0; round < 200; round++) {
          assertThat(errors.get().get(round)).isEqualTo(expected.get(round % expected.size()));
        }
      }
    }
  }

  @Test
  void statusTellsIdentityBirthAndMountRoot() throws Exception {
    var file = Files.writeString(disks.directory().resolve("file"), "four");
    var status = syscalls.status(file, true);

    assertThat(status.type()).isEqualTo(FileType.REGULAR);
    assertThat(status.sizeBytes()).isEqualTo(4);
    assertThat(status.inode())
        .isEqualTo(((Number) Files.getAttribute(file, "unix:ino")).longValue());
    assertThat(status.birth()).isPresent();
    assertThat(status.mountRoot()).isFalse();
    assertThat(syscalls.status(Path.of("/proc"), true).mountRoot()).isTrue();
    assertThat(syscalls.status(Path.of("/dev/null"), true).represents())
        .isEqualTo(new DeviceNumber(1, 3));
  }

  @Test
  void aStrictWalkRefusesLinksParentsAndBindMounts() throws Exception {
    var top = disks.directory("top");
    Files.createDirectory(top.resolve("plain"));
    Files.createDirectory(top.resolve("bound"));
    Files.createSymbolicLink(top.resolve("link"), top.resolve("plain"));
    syscalls.bindMount(disks.directory("elsewhere"), top.resolve("bound"), false);

    try (var directory = syscalls.open(top, DIRECTORY, 0)) {
      walk(directory, "plain").close();
      assertThat(errnoOf(() -> walk(directory, "link"))).isEqualTo(Errno.ELOOP);
      assertThat(errnoOf(() -> walk(directory, "plain/../.."))).isEqualTo(Errno.EXDEV);
      assertThat(errnoOf(() -> walk(directory, "bound"))).isEqualTo(Errno.EXDEV);
      syscalls
          .openBeneath(directory, FileName.of("bound"), DIRECTORY, 0, Resolve.BENEATH_WITHOUT_LINKS)
          .close();
    }
    syscalls.unmountBind(top.resolve("bound"), false);
  }

  private Fd walk(Fd directory, String path) throws SyscallException {
    return syscalls.openBeneath(directory, FileName.of(path), DIRECTORY, 0, Resolve.STRICT);
  }

  @Test
  void entriesAreCompleteAndNamesMayBeAnyBytes() throws Exception {
    var top = disks.directory("names");
    var odd = FileName.of(new byte[] {'a', (byte) 0xff, '\n'});
    var expected = new HashSet<FileName>();
    try (var directory = syscalls.open(top, DIRECTORY, 0)) {
      syscalls.mkdirAt(directory, odd, 0700);
      expected.add(odd);
      for (var i = 0; i < 3000; i++) {
        var name = "a-rather-long-file-name-so-that-several-buffers-are-needed-" + i;
        Files.createFile(top.resolve(name));
        expected.add(FileName.of(name));
      }
      var found = new HashSet<FileName>();
      for (var more = syscalls.entries(directory); !more.isEmpty(); ) {
        more.forEach(entry -> found.add(entry.name()));
        more = syscalls.entries(directory);
      }
      assertThat(found).isEqualTo(expected);
      syscalls.unlinkAt(directory, odd, true);
      assertThat(errnoOf(() -> syscalls.statusAt(directory, odd))).isEqualTo(Errno.ENOENT);
    }
  }

  @Test
  void aDirectoryIsMadeWithAllOfItsRightsAndOthersKeepTheirUmask() throws Exception {
    var top = disks.directory("rights");
    var usual = rights(Files.createDirectory(top.resolve("usual")));
    assertThat(usual).as("this process has a umask").isNotEqualTo(0777);
    try (var directory = syscalls.open(top, DIRECTORY, 0)) {
      for (var each : List.of("a", "b")) {
        syscalls.mkdirAt(directory, FileName.of(each), 01777);
        assertThat(rights(top.resolve(each))).isEqualTo(01777);
        assertThat(rights(Files.createDirectory(top.resolve(each + "-usual")))).isEqualTo(usual);
      }
      assertThat(errnoOf(() -> syscalls.mkdirAt(directory, FileName.of("a"), 0777)))
          .isEqualTo(Errno.EEXIST);
    }
  }

  private static int rights(Path file) throws IOException {
    return (int) Files.getAttribute(file, "unix:mode") & 07777;
  }

  @Test
  void anImmutableDirectoryTakesNothing() throws Exception {
    var top = disks.directory("frozen");
    try (var directory = syscalls.open(top, DIRECTORY, 0)) {
      syscalls.setImmutable(directory, true);
      assertThat(syscalls.status(directory).immutable()).isTrue();
      assertThat(errnoOf(() -> syscalls.mkdirAt(directory, FileName.of("x"), 0700)))
          .isEqualTo(Errno.EPERM);
      syscalls.setImmutable(directory, false);
      syscalls.mkdirAt(directory, FileName.of("x"), 0700);
    }
  }

  @Test
  void attributesAreSetReadAndRemoved() throws Exception {
    try (var directory = syscalls.open(disks.directory(), DIRECTORY, 0)) {
      assertThat(syscalls.xattr(directory, "trusted.berth.test")).isEmpty();
      syscalls.removeXattr(directory, "trusted.berth.test");
      syscalls.setXattr(directory, "trusted.berth.test", "value".getBytes(StandardCharsets.UTF_8));
      assertThat(syscalls.xattr(directory, "trusted.berth.test"))
          .hasValueSatisfying(value -> assertThat(value).asString().isEqualTo("value"));
      syscalls.fsync(directory);
      syscalls.removeXattr(directory, "trusted.berth.test");
      assertThat(syscalls.xattr(directory, "trusted.berth.test")).isEmpty();
    }
  }

  @Test
  void bindMountsCanBeMadeReadOnlySharedAndTakenAway() throws Exception {
    var source = disks.directory("source");
    var target = disks.directory("target");
    syscalls.bindMount(source, target, false);
    syscalls.setPropagation(target, Propagation.SHARED, false);
    syscalls.remountBind(target, Set.of(MountFlag.READ_ONLY, MountFlag.NO_SUID));

    assertThat(errnoOf(() -> syscalls.open(target.resolve("f"), Set.of(OpenFlag.CREATE), 0600)))
        .isEqualTo(Errno.EROFS);
    assertThat(Files.readString(Path.of("/proc/self/mountinfo")))
        .containsPattern(target + " ro,nosuid,\\S+ shared:");
    syscalls.unmountBind(target, false);
    assertThat(errnoOf(() -> syscalls.unmountBind(target, false))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aLoopDeviceIsConfiguredReadGrownAndCleared() throws Exception {
    var image = disks.image(8 << 20);
    try (var file = syscalls.open(image, Set.of(OpenFlag.READ_WRITE), 0);
        var loop =
            syscalls.open(
                Path.of("/dev/loop" + syscalls.freeLoop()), Set.of(OpenFlag.READ_WRITE), 0)) {
      assertThat(syscalls.loopStatus(loop)).isEmpty();
      syscalls.configureLoop(loop, file, new LoopSetup(4096, true, false, image.toString()));
      var status = syscalls.loopStatus(loop).orElseThrow();
      assertThat(status.backingInode()).isEqualTo(syscalls.status(file).inode());
      assertThat(status.backingDevice()).isEqualTo(syscalls.status(file).device());
      assertThat(status.directIo()).isTrue();
      assertThat(syscalls.deviceSizeBytes(loop)).isEqualTo(8 << 20);
      assertThat(syscalls.deviceReadOnly(loop)).isFalse();
      LoopDisks.run("truncate", "-s", "16M", image.toString());
      syscalls.refreshLoopCapacity(loop);
      assertThat(syscalls.deviceSizeBytes(loop)).isEqualTo(16 << 20);
      assertThat(
              errnoOf(
                  () ->
                      syscalls.configureLoop(
                          loop, file, new LoopSetup(512, false, false, "again"))))
          .isEqualTo(Errno.EBUSY);
      syscalls.clearLoop(loop);
    }
  }

  @Test
  void aTerminalCarriesBytesAndASize() throws Exception {
    try (var terminal = syscalls.openTerminal()) {
      syscalls.resizeTerminal(terminal, 123, 45);
      var other = syscalls.terminalPath(terminal);
      assertThat(LoopDisks.run("stty", "-F", other.toString(), "size")).isEqualTo("45 123\n");
      try (var side = syscalls.open(other, Set.of(OpenFlag.READ_WRITE), 0)) {
        var text = "hello\n".getBytes(StandardCharsets.UTF_8);
        syscalls.write(side, text, 0, text.length);
        var into = new byte[64];
        var read = syscalls.read(terminal, into).orElseThrow();
        assertThat(new String(into, 0, read, StandardCharsets.UTF_8)).isEqualTo("hello\r\n");
      }
      assertThat(errnoOf(() -> syscalls.read(terminal, new byte[1]))).isEqualTo(Errno.EIO);
    }
  }

  @Test
  void anOverlayShowsTheLowerLayerAndKeepsWritesInTheUpperOne() throws Exception {
    var layers = new ArrayList<Path>();
    for (var name : List.of("lower", "upper", "work", "merged")) {
      layers.add(Files.createDirectory(disks.directory().resolve(name)));
    }
    Files.writeString(layers.get(0).resolve("below"), "below");
    syscalls.mountOverlay(
        layers.get(3),
        "lowerdir=%s,upperdir=%s,workdir=%s"
            .formatted(layers.get(0), layers.get(1), layers.get(2)));
    try {
      Files.writeString(layers.get(3).resolve("above"), "above");
      assertThat(layers.get(3).resolve("below")).hasContent("below");
    } finally {
      syscalls.unmountBind(layers.get(3), true);
    }
    assertThat(layers.get(1).resolve("above")).hasContent("above");
    assertThat(layers.get(0).resolve("above")).doesNotExist();
  }

  @Test
  void anExactSignalHitsOnlyTheProcessThatIsMeant() throws Exception {
    var child = new ProcessBuilder("sleep", "60").start();
    try {
      assertThat(syscalls.signalExactly(child.pid(), () -> false, 9)).isFalse();
      assertThat(child.isAlive()).isTrue();
      assertThat(syscalls.signalExactly(child.pid(), () -> true, 9)).isTrue();
      assertThat(child.waitFor()).isEqualTo(128 + 9);
      assertThat(syscalls.signalExactly(child.pid(), () -> true, 9)).isFalse();
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  @Test
  void aSignalToAProcessThatIsGoneSaysSo() throws Exception {
    var process = new ProcessBuilder("true").start();
    process.waitFor();
    assertThat(syscalls.signal(process.pid(), 15, false)).isFalse();
  }

  @FunctionalInterface
  private interface Call {
    void make() throws IOException;
  }

  private static Errno errnoOf(Call call) {
    try {
      call.make();
    } catch (SyscallException e) {
      return e.errno();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("the call was not refused");
  }
}
