package dev.berth.node.disk;

import dev.berth.node.linux.Fd;
import dev.berth.node.linux.JnrSyscalls;
import dev.berth.node.linux.SyscallException;
import dev.berth.node.linux.Syscalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The mounts of this process, read again only when the kernel says that they have changed: with
 * hundreds of volumes the table is long, and each step of each operation asks for it.
 */
final class AnnouncedMounts implements MountReader {
  static final MountReader OF_THIS_PROCESS = new AnnouncedMounts(new JnrSyscalls());

  private static final Path SELF = Path.of("/proc/self/mountinfo");

  /**
   * Not everything in the table is announced: a file system that an error has made read-only, a
   * change of propagation, a directory above a mount that was renamed.
   */
  private static final Duration UNANNOUNCED = Duration.ofMillis(250);

  /** A table is read in pieces, between which mounts can change. */
  private static final int ATTEMPTS = 10;

  private final Syscalls syscalls;

  /** While hundreds of volumes are mounted, who waits for a look shares the next one. */
  private final SharedLook<MountTable> looks = new SharedLook<>(this::look);

  private @Nullable Fd announcements;
  private @Nullable MountTable last;
  private Map<String, MountEntry> lines = Map.of();
  private long readAt;

  AnnouncedMounts(Syscalls syscalls) {
    this.syscalls = syscalls;
  }

  @Override
  public MountTable read() throws IOException {
    return looks.look();
  }

  /** By one thread at a time. */
  private MountTable look() throws IOException {
    var before = last;
    if (before != null && !changed() && System.nanoTime() - readAt < UNANNOUNCED.toNanos()) {
      return before;
    }
    last = null;
    for (var attempt = 1; ; attempt++) {
      readAt = System.nanoTime();
      var table = readNow();
      if (!changed()) {
        last = table;
        return table;
      }
      if (attempt == ATTEMPTS) {
        return table;
      }
    }
  }

  private boolean changed() throws SyscallException {
    if (announcements == null) {
      announcements = syscalls.open(SELF, Set.of(), 0);
      return true;
    }
    return syscalls.mountsChanged(announcements);
  }

  /** Most lines are those of the last time. */
  private MountTable readNow() throws IOException {
    var now = new HashMap<String, MountEntry>();
    var entries = new ArrayList<MountEntry>();
    for (var line : new String(Files.readAllBytes(SELF), StandardCharsets.UTF_8).split("\n")) {
      if (!line.isEmpty()) {
        var known = lines.get(line);
        var entry = known == null ? MountTable.parseLine(line) : known;
        now.put(line, entry);
        entries.add(entry);
      }
    }
    lines = now;
    return new MountTable(entries);
  }
}
