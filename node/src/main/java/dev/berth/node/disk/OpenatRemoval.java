package dev.berth.node.disk;

import dev.berth.node.linux.DirectoryEntry;
import dev.berth.node.linux.Errno;
import dev.berth.node.linux.Fd;
import dev.berth.node.linux.FileName;
import dev.berth.node.linux.FileType;
import dev.berth.node.linux.OpenFlag;
import dev.berth.node.linux.Resolve;
import dev.berth.node.linux.SyscallException;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Removes by names relative to open directories, each opened with openat2: no link, mount or rename
 * can lead the walk elsewhere, whenever it appears.
 */
public final class OpenatRemoval implements SafeRemoval {
  private static final Set<OpenFlag> DIRECTORY = Set.of(OpenFlag.DIRECTORY);
  private static final Set<OpenFlag> FILE = Set.of(OpenFlag.NON_BLOCK, OpenFlag.NO_FOLLOW);

  private final Syscalls syscalls;

  public OpenatRemoval(Syscalls syscalls) {
    this.syscalls = syscalls;
  }

  @Override
  public Result removeTree(Path directory, Immutable immutable) throws IOException {
    var parent = directory.toAbsolutePath().getParent();
    var name = directory.getFileName();
    if (parent == null || name == null) {
      throw new IllegalArgumentException("refused to remove " + directory);
    }
    return onPlatformThread(
        () -> {
          var walk = new Walk(parent, immutable);
          try (var above = syscalls.open(parent, DIRECTORY, 0)) {
            var entry = FileName.of(name.toString());
            walk.descend(above, entry);
            walk.run();
            walk.unlink(above, entry, true);
            return walk.removed();
          } catch (SyscallException e) {
            return e.errno() == Errno.ENOENT ? walk.removed() : walk.failed(e);
          } catch (Stopped e) {
            return e.result;
          } finally {
            walk.close();
          }
        });
  }

  @Override
  public Result removeContents(Path directory, Immutable immutable) throws IOException {
    return onPlatformThread(
        () -> {
          var walk = new Walk(directory, immutable);
          try (var top = syscalls.open(directory, DIRECTORY, 0)) {
            walk.begin(top);
            walk.run();
            return walk.removed();
          } catch (SyscallException e) {
            return walk.failed(e);
          } catch (Stopped e) {
            return e.result;
          } finally {
            walk.close();
          }
        });
  }

  @FunctionalInterface
  private interface Removal {
    Result run() throws IOException;
  }

  /** Many short calls: one thread for all of them, and never a virtual one's carrier. */
  private static Result onPlatformThread(Removal removal) throws IOException {
    if (!Thread.currentThread().isVirtual()) {
      return removal.run();
    }
    var result = new CompletableFuture<Result>();
    Thread.ofPlatform()
        .name("removal")
        .daemon()
        .start(
            () -> {
              try {
                result.complete(removal.run());
              } catch (IOException | RuntimeException | Error e) {
                result.completeExceptionally(e);
              }
            });
    try {
      return result.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof IOException failed) {
        throw failed;
      }
      throw e;
    }
  }

  /** A mount is in the way. */
  private static final class Stopped extends RuntimeException {
    private final transient Result result;

    Stopped(Result result) {
      super(null, null, false, false);
      this.result = result;
    }
  }

  /** A directory on the way down. */
  private static final class Level {
    final @Nullable Fd parent;
    final @Nullable FileName name;
    final Fd fd;
    final Deque<DirectoryEntry> names = new ArrayDeque<>();

    Level(@Nullable Fd parent, @Nullable FileName name, Fd fd) {
      this.parent = parent;
      this.name = name;
      this.fd = fd;
    }
  }

  private final class Walk {
    private final Path top;
    private final Immutable immutable;
    private final Deque<Level> levels = new ArrayDeque<>();
    private long files;
    private long directories;

    Walk(Path top, Immutable immutable) {
      this.top = top;
      this.immutable = immutable;
    }

    void begin(Fd directory) throws SyscallException {
      release(directory);
      levels.push(new Level(null, null, directory));
    }

    void descend(Fd parent, FileName name) throws SyscallException {
      try {
        var fd = syscalls.openBeneath(parent, name, DIRECTORY, 0, Resolve.STRICT);
        levels.push(new Level(parent, name, fd));
        release(fd);
      } catch (SyscallException e) {
        if (e.errno() == Errno.EXDEV) {
          throw stopped(name);
        }
        throw e;
      }
    }

    /** Works until the directory that it began with is empty. */
    void run() throws SyscallException {
      while (!levels.isEmpty()) {
        var level = levels.peek();
        if (level.names.isEmpty()) {
          level.names.addAll(syscalls.entries(level.fd));
        }
        if (!level.names.isEmpty()) {
          remove(level, level.names.pop());
        } else {
          leave(level);
        }
      }
    }

    private void remove(Level level, DirectoryEntry entry) throws SyscallException {
      var type = entry.type();
      if (type == FileType.UNKNOWN) {
        type = syscalls.statusAt(level.fd, entry.name()).type();
      }
      if (type == FileType.DIRECTORY) {
        descend(level.fd, entry.name());
      } else {
        if (immutable == Immutable.CLEAR && type == FileType.REGULAR) {
          releaseFile(level.fd, entry.name());
        }
        unlink(level.fd, entry.name(), false);
      }
    }

    private void leave(Level level) throws SyscallException {
      // The directory itself is removed by its name in the level above, as it lies there now.
      levels.pop();
      if (level.parent != null && level.name != null) {
        level.fd.close();
        if (!levels.isEmpty()) {
          unlink(level.parent, level.name, true);
        }
      }
    }

    void unlink(Fd parent, FileName name, boolean directory) throws SyscallException {
      try {
        syscalls.unlinkAt(parent, name, directory);
      } catch (SyscallException e) {
        if (e.errno() == Errno.EBUSY) {
          throw stopped(name);
        }
        throw e;
      }
      if (directory) {
        directories++;
      } else {
        files++;
      }
    }

    private void release(Fd directory) throws SyscallException {
      if (immutable == Immutable.CLEAR && syscalls.status(directory).immutable()) {
        syscalls.setImmutable(directory, false);
      }
    }

    private void releaseFile(Fd parent, FileName name) throws SyscallException {
      if (syscalls.statusAt(parent, name).immutable()) {
        try (var file = syscalls.openBeneath(parent, name, FILE, 0, Resolve.STRICT)) {
          syscalls.setImmutable(file, false);
        } catch (SyscallException e) {
          if (e.errno() == Errno.EXDEV) {
            throw stopped(name);
          }
          throw e;
        }
      }
    }

    Result removed() {
      return new Result.Removed(files, directories);
    }

    Result failed(SyscallException e) {
      var hint =
          e.errno() == Errno.EPERM
              ? "; is it immutable (lsattr)? What was not removed is left"
              : "";
      return new Result.Failed(Path.of(e.subject()), e.getMessage() + hint);
    }

    private Stopped stopped(FileName name) {
      var at = place(name);
      return new Stopped(
          new Result.StoppedAtMount(
              at, "removal stopped: something is mounted at " + at + "; unmount it first"));
    }

    private Path place(FileName last) {
      var place = top;
      var names = new ArrayList<FileName>();
      for (var level : levels) {
        if (level.name != null) {
          names.addFirst(level.name);
        }
      }
      for (var name : List.copyOf(names)) {
        place = place.resolve(name.toString());
      }
      return place.resolve(last.toString());
    }

    void close() {
      levels.forEach(level -> level.fd.close());
    }
  }
}
