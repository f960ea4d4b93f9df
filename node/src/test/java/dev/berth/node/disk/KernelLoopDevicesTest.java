package dev.berth.node.disk;

import static dev.berth.node.disk.LoopDisks.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.berth.node.disk.LoopDevices.Attached;
import dev.berth.node.disk.LoopDevices.Options;
import dev.berth.node.linux.JnrSyscalls;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class KernelLoopDevicesTest {
  private static final long MIB = 1 << 20;

  @RegisterExtension final LoopDisks disks = new LoopDisks();
  private LoopDevices loops;

  @BeforeEach
  void wire() throws IOException {
    loops = DiskParts.in(disks.directory()).loops();
  }

  @Test
  void aFileIsAttachedOnceFoundAndDetached() throws Exception {
    var image = disks.image(16 * MIB);
    var attached = loops.attach(image, Options.DEFAULT);

    assertThat(attached.directIo()).isTrue();
    assertThat(attached.readOnly()).isFalse();
    assertThat(backingFile(attached)).isEqualTo(image.toString());
    assertThat(loops.attach(image, Options.DEFAULT)).isEqualTo(attached);
    assertThat(loops.ofFile(image)).containsExactly(attached);
    assertThat(loops.detach(attached.number(), image)).isTrue();
    assertThat(loops.ofFile(image)).isEmpty();
    assertThat(loops.detach(attached.number(), image)).isTrue();
  }

  @Test
  void aFileIsKnownByItsInodeNotByItsName() throws Exception {
    var image = disks.image(16 * MIB);
    var attached = loops.attach(image, Options.DEFAULT);
    var moved = Files.move(image, disks.directory().resolve("moved.img"));
    disks.image(16 * MIB);
    Files.createFile(image);

    assertThat(loops.ofFile(moved)).containsExactly(attached);
    assertThat(loops.ofFile(image)).isEmpty();
    assertThat(loops.detach(attached.number(), image)).isTrue();
    assertThat(backingFile(attached)).as("another file's device").isNotEmpty();
    assertThat(loops.detach(attached.number(), moved)).isTrue();
  }

  @Test
  void aRemovedFileCanStillBeDetached() throws Exception {
    var image = disks.image(16 * MIB);
    var attached = loops.attach(image, Options.DEFAULT);
    Files.delete(image);

    assertThat(loops.ofFile(image)).containsExactly(attached);
    assertThat(loops.detach(attached.number(), image)).isTrue();
    assertThat(loops.ofFile(image)).isEmpty();
  }

  @Test
  void sectorSizeAndModeAreKeptAndAnotherWishIsRefused() throws Exception {
    var image = disks.image(16 * MIB);
    var attached = loops.attach(image, new Options(4096, true, true));

    assertThat(attached.readOnly()).isTrue();
    assertThat(run("blockdev", "--getss", "--getro", attached.device().toString()))
        .isEqualTo("4096\n1\n");
    assertThatThrownBy(() -> loops.attach(image, Options.DEFAULT))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll(
            image.toString(), attached.device().toString(), "read-only", "detach it first");
    loops.detach(attached.number(), image);
  }

  @Test
  void aDeviceGrowsWithItsFile() throws Exception {
    var image = disks.image(16 * MIB);
    var attached = loops.attach(image, Options.DEFAULT);
    run("truncate", "-s", "48M", image.toString());
    loops.grow(attached.number());

    assertThat(run("blockdev", "--getsize64", attached.device().toString()).strip())
        .isEqualTo(Long.toString(48 * MIB));
    loops.detach(attached.number(), image);
  }

  @Test
  void aDeviceThatIsMountedIsDetachedOnlyWhenItIsFree() throws Exception {
    var image = disks.image(32 * MIB);
    var attached = loops.attach(image, Options.DEFAULT);
    run("mkfs.ext4", "-q", attached.device().toString());
    var target = disks.directory("mnt");
    run("mount", attached.device().toString(), target.toString());

    assertThat(loops.detach(attached.number(), image)).isFalse();
    run("umount", target.toString());
    assertThat(loops.detach(attached.number(), image)).isTrue();
  }

  /** Numbers are given anew as soon as they are free. */
  @Test
  void aNumberThatIsSomebodyElsesByNowIsLeftAlone() throws Exception {
    var image = disks.image(MIB);
    var other = disks.image(MIB);
    var real = new JnrSyscalls();
    var given = new AtomicBoolean();
    while (!given.get()) {
      var attached = loops.attach(image, Options.DEFAULT);
      var device = attached.device();
      var opened = new AtomicInteger();
      var racing =
          (Syscalls)
              Proxy.newProxyInstance(
                  Syscalls.class.getClassLoader(),
                  new Class<?>[] {Syscalls.class},
                  (proxy, method, arguments) -> {
                    if (method.getName().equals("open")
                        && device.equals(arguments[0])
                        && opened.incrementAndGet() == 2) {
                      // Its detachment is waited for; then it is others' as much as ours.
                      loops.detach(attached.number(), image);
                      given.set(
                          LoopDisks.say("losetup", device.toString(), other.toString()).code()
                              == 0);
                    }
                    try {
                      return method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                      throw e.getCause();
                    }
                  });

      assertThat(new KernelLoopDevices(racing).detach(attached.number(), image)).isTrue();
      if (given.get()) {
        assertThat(backingFile(attached)).isEqualTo(other.toString());
        loops.detach(attached.number(), other);
      }
      given.compareAndSet(false, opened.get() < 2);
    }
  }

  @Test
  void manyAtOnceRaceForFreeDevices() throws Exception {
    var others = new KernelLoopDevices(new JnrSyscalls());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var found = new ArrayList<Future<Attached>>();
      var images = new ArrayList<Path>();
      for (var i = 0; i < 16; i++) {
        var image = disks.image(MIB);
        var racing = i % 2 == 0 ? loops : others;
        images.add(image);
        found.add(threads.submit(() -> racing.attach(image, Options.DEFAULT)));
      }
      for (var i = 0; i < images.size(); i++) {
        assertThat(backingFile(found.get(i).get())).isEqualTo(images.get(i).toString());
        assertThat(loops.detach(found.get(i).get().number(), images.get(i))).isTrue();
      }
    }
  }

  @Test
  void whatIsNoFileIsRefused() {
    assertThatThrownBy(() -> loops.attach(Path.of("/no/such.img"), Options.DEFAULT))
        .hasMessageContaining("/no/such.img failed: no such file");
    assertThatThrownBy(() -> loops.attach(Path.of("/dev/null"), Options.DEFAULT))
        .hasMessageContaining("expected an image file at /dev/null");
  }

  private static String backingFile(Attached attached) {
    return Sysfs.text(Path.of("/sys/block/loop" + attached.number()), "loop/backing_file")
        .orElse("");
  }
}
