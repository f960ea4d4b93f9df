package dev.berth.node.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.berth.node.NodeWorld;
import dev.berth.node.disk.MountTable;
import dev.berth.node.disk.Mounter;
import dev.berth.node.disk.OpenatRemoval;
import dev.berth.node.disk.Outcome;
import dev.berth.node.disk.XattrVolumeGuard;
import dev.berth.node.linux.JnrSyscalls;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parts of a volume that somebody else writes to, who wants them to lead out of it. */
class HostileSubPathsTest {
  private static final String POD = "pod-uid";

  @TempDir Path directory;
  private Path volume;
  private Path outside;
  private SubPaths subPaths;

  /** Nothing is mounted here but binds, which are made without it. */
  private record NoMounter() implements Mounter {
    @Override
    public Outcome mount(Request request) {
      throw new UnsupportedOperationException("nothing is mounted: " + request);
    }

    @Override
    public Outcome unmount(Path target) {
      throw new UnsupportedOperationException("nothing is unmounted: " + target);
    }
  }

  @BeforeEach
  void makeVolume() throws IOException {
    directory = directory.toRealPath();
    volume = Files.createDirectory(directory.resolve("volume"));
    outside = Files.createDirectory(directory.resolve("outside"));
    Files.writeString(outside.resolve("secret"), "secret");
    subPaths = server(new JnrSyscalls());
  }

  private SubPaths server(Syscalls syscalls) {
    var mounts = MountTable.reader();
    return new SubPaths(
        new MountTools(
            mounts,
            new NoMounter(),
            syscalls,
            new XattrVolumeGuard(syscalls, NodeWorld.children(), mounts, NodeWorld.DEADLINES),
            new OpenatRemoval(syscalls)),
        new VolumePaths(directory.resolve("node")));
  }

  /** The kernel for a server that is killed as soon as it has made a directory. */
  private static Syscalls untilADirectoryIsMade() {
    var syscalls = new JnrSyscalls();
    return (Syscalls)
        Proxy.newProxyInstance(
            Syscalls.class.getClassLoader(),
            new Class<?>[] {Syscalls.class},
            (proxy, method, arguments) -> {
              try {
                var result = method.invoke(syscalls, arguments);
                if (method.getName().equals("mkdirAt")) {
                  throw new IllegalStateException("killed");
                }
                return result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @AfterEach
  void release() throws IOException {
    assertThat(subPaths.release(POD, "data")).isEmpty();
    assertThat(MountTable.reader().read().below(directory)).isEmpty();
  }

  private SubPaths.Result prepare(String subPath) throws IOException, InterruptedException {
    return subPaths.prepare(POD, "data", volume, subPath, "main", 0);
  }

  /** Never anything of the outside, whatever the answer is. */
  private void harmless(String subPath) throws IOException, InterruptedException {
    if (prepare(subPath) instanceof SubPaths.Result.Ready(var path)) {
      var told = Files.isDirectory(path) ? path.resolve("secret") : path;
      assertThat(content(told)).as(subPath).isNotEqualTo("secret");
    }
  }

  private static String content(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return "what cannot be read tells nothing";
    }
  }

  /** Every way of combining a link with a place and a path through it: a hundred and more. */
  @Test
  void aHundredPathsThatWantOut() throws Exception {
    var up = "../".repeat(12);
    var targets =
        List.of(
            outside.toString(),
            "../outside",
            "inner/../../outside",
            "./../outside",
            up + outside.toString().substring(1),
            "/proc/self/root" + outside,
            "/proc/self/cwd/../" + outside,
            outside + "/.",
            "//" + outside,
            "loop",
            "../volume/../outside",
            "inner/up/../outside");
    Files.createDirectories(volume.resolve("inner"));
    Files.createSymbolicLink(volume.resolve("inner/up"), Path.of(".."));
    Files.createSymbolicLink(volume.resolve("loop"), Path.of("loop"));
    var tried = 0;
    for (var i = 0; i < targets.size(); i++) {
      var link = "link" + i;
      Files.createSymbolicLink(volume.resolve(link), Path.of(targets.get(i)));
      Files.createSymbolicLink(volume.resolve("inner/" + link), Path.of("../" + link));
      for (var path :
          List.of(
              link,
              link + "/secret",
              link + "/new",
              link + "/new/deep",
              "inner/" + link,
              "inner/" + link + "/secret",
              "inner/" + link + "/new",
              "./" + link,
              "inner/up/" + link + "/secret")) {
        harmless(path);
        tried++;
      }
    }
    assertThat(tried).isGreaterThan(100);
    try (var names = Files.list(outside)) {
      assertThat(names).containsExactly(outside.resolve("secret"));
    }
    assertThat(outside.resolve("secret")).hasContent("secret");
  }

  @Test
  void aLinkThatStaysInTheVolumeIsFollowed() throws Exception {
    Files.createDirectories(volume.resolve("real"));
    Files.writeString(volume.resolve("real/file"), "inside");
    Files.createSymbolicLink(volume.resolve("link"), Path.of("real"));
    assertThat(prepare("link/file")).isInstanceOf(SubPaths.Result.Ready.class);
    if (prepare("link") instanceof SubPaths.Result.Ready(var path)) {
      assertThat(path.resolve("file")).hasContent("inside");
    }
  }

  /** A process that is not root has to be able to write there as it is in the volume itself. */
  @Test
  void whatIsMissingIsMadeWithTheRightsAndTheGroupOfTheVolume() throws Exception {
    Files.setAttribute(volume, "unix:gid", 4711);
    Files.setAttribute(volume, "unix:mode", 02777);

    assertThat(prepare("new/deep")).isInstanceOf(SubPaths.Result.Ready.class);

    for (var made : List.of("new", "new/deep")) {
      assertThat(Files.getAttribute(volume.resolve(made), "unix:gid")).isEqualTo(4711);
      assertThat((int) Files.getAttribute(volume.resolve(made), "unix:mode") & 07777)
          .isEqualTo(02777);
    }
  }

  @Test
  void aServerThatIsKilledLeavesNothingWithFewerRights() throws Exception {
    Files.setAttribute(volume, "unix:mode", 02777);
    var killed = server(untilADirectoryIsMade());
    assertThatIllegalStateException()
        .isThrownBy(() -> killed.prepare(POD, "data", volume, "new/deep", "main", 0));
    assertThat((int) Files.getAttribute(volume.resolve("new"), "unix:mode") & 07777)
        .isEqualTo(02777);
  }

  /** Somebody swaps a directory with a link to the outside as fast as the machine can. */
  @Test
  void aLinkThatIsSwappedInDuringTheMountLeadsNowhere() throws Exception {
    Files.createDirectories(volume.resolve("part"));
    Files.writeString(volume.resolve("part/secret"), "harmless");
    var stop = new AtomicBoolean();
    var swaps = new ArrayList<Integer>();
    var racer =
        Thread.ofPlatform()
            .start(
                () -> {
                  var count = 0;
                  while (!stop.get()) {
                    try {
                      Files.move(volume.resolve("part"), volume.resolve("aside"));
                      Files.createSymbolicLink(volume.resolve("part"), outside);
                      Files.delete(volume.resolve("part"));
                      Files.move(volume.resolve("aside"), volume.resolve("part"));
                      count++;
                    } catch (IOException e) {
                      // The other side has made the directory that was missing.
                      restore();
                    }
                  }
                  swaps.add(count);
                });
    for (var i = 0; i < 500; i++) {
      harmless("part");
      harmless("part/secret");
      harmless("part/new/deep");
    }
    stop.set(true);
    racer.join();
    assertThat(swaps.getFirst()).isPositive();
    try (var names = Files.list(outside)) {
      assertThat(names).containsExactly(outside.resolve("secret"));
    }
  }

  private void restore() {
    var removal = new OpenatRemoval(new JnrSyscalls());
    try {
      if (Files.isDirectory(volume.resolve("aside"))) {
        if (Files.isSymbolicLink(volume.resolve("part"))) {
          Files.delete(volume.resolve("part"));
        } else {
          removal.removeTree(
              volume.resolve("part"), dev.berth.node.disk.SafeRemoval.Immutable.STOP);
        }
        Files.move(volume.resolve("aside"), volume.resolve("part"));
      }
    } catch (IOException e) {
      // The race goes on: it is put right at the next attempt.
      Thread.onSpinWait();
    }
  }
}
