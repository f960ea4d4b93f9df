package dev.berth.node.volume;

import static dev.berth.node.volume.SimulatedHost.must;

import dev.berth.node.disk.Mounter;
import dev.berth.node.disk.Outcome;
import dev.berth.node.disk.SafeRemoval;
import dev.berth.node.disk.VolumeGuard;
import dev.berth.node.linux.Syscalls;
import dev.berth.node.plugin.MountTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.UUID;

/**
 * How the server mounts, marks and removes on the simulated host. Each call is a step at which the
 * process may be killed, and those that can fail do so sometimes.
 */
final class SimulatedMounts {
  private final SimulatedHost host;

  SimulatedMounts(SimulatedHost host) {
    this.host = host;
  }

  MountTools tools() {
    return new MountTools(host::table, new Mounts(), syscalls(), new Guard(), new Removal());
  }

  private final class Mounts implements Mounter {
    @Override
    public Outcome mount(Request request) {
      host.step();
      var disk =
          host.disks.values().stream()
              .filter(candidate -> request.source().equals("/dev/" + candidate.serial))
              .findFirst()
              .orElseThrow();
      must(
          host.reportedInUse.contains(request.target().getFileName().toString()),
          "mounted before it was reported in use: " + request.target());
      if (host.chance(4)) {
        host.later(() -> host.mount(disk, request.target()));
        return new Outcome.Uncertain("mount is stuck", true);
      }
      if (host.chance(5)) {
        return new Outcome.Failed("mount failed");
      }
      host.mount(disk, request.target());
      host.step();
      return Outcome.Done.PLAIN;
    }

    @Override
    public Outcome unmount(Path target) {
      host.step();
      if (host.chance(4)) {
        host.later(() -> lateUnmount(target));
        return new Outcome.Uncertain("umount is stuck", true);
      }
      if (host.chance(5)) {
        return new Outcome.Failed("target is busy");
      }
      host.unmount(target);
      host.step();
      return Outcome.Done.PLAIN;
    }

    /** What pods have meanwhile keeps it busy. */
    private void lateUnmount(Path target) {
      var busy =
          host.at(target)
              .filter(
                  mount ->
                      host.mounts.stream().filter(other -> other.disk() == mount.disk()).count()
                          > 1);
      if (busy.isEmpty()) {
        host.unmount(target);
      }
    }
  }

  private final class Guard implements VolumeGuard {
    @Override
    public Finding look(Path directory, UUID volume, boolean plainAllowed) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Optional<String> unwell(Path directory) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void mark(Path directory, UUID volume) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void unmark(Path directory) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void protectMountPoint(Path directory) throws IOException {
      host.step();
      must(host.at(directory).isEmpty(), "protected a mount: " + directory);
      Files.createDirectories(directory);
    }

    @Override
    public void removeMountPoint(Path directory) throws IOException {
      host.step();
      must(host.at(directory).isEmpty(), "removed a mount: " + directory);
      Files.deleteIfExists(directory);
    }
  }

  private final class Removal implements SafeRemoval {
    @Override
    public Result removeTree(Path directory, Immutable immutable) throws IOException {
      host.step();
      if (!host.table().below(directory).isEmpty() || host.at(directory).isPresent()) {
        return new Result.StoppedAtMount(directory, directory + " has mounts");
      }
      if (Files.exists(directory)) {
        try (var files = Files.walk(directory)) {
          files.sorted(Comparator.reverseOrder()).forEach(SimulatedMounts::delete);
        }
      }
      return new Result.Removed(0, 0);
    }

    @Override
    public Result removeContents(Path directory, Immutable immutable) {
      throw new UnsupportedOperationException();
    }
  }

  static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Only binding and unbinding: nothing else is needed here. */
  private Syscalls syscalls() {
    return (Syscalls)
        Proxy.newProxyInstance(
            Syscalls.class.getClassLoader(),
            new Class<?>[] {Syscalls.class},
            (proxy, method, arguments) -> {
              host.step();
              switch (method.getName()) {
                case "bindMount" -> host.bind((Path) arguments[0], (Path) arguments[1]);
                case "unmountBind" -> host.unmount((Path) arguments[0]);
                default -> throw new UnsupportedOperationException(method.getName());
              }
              host.step();
              return null;
            });
  }
}
